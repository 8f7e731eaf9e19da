"""Model files that a stranger wrote: none is read from outside its folder, none makes us hang."""

import struct
import zlib

import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks import Task, TaskError
from pilqr_ros.tasks.model_files import laid_out, read_model_files
from pilqr_ros.tasks.schema import Models

ENTITIES = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(12))
BOMB = f'<!DOCTYPE mujoco [<!ENTITY e0 "0123456789">{ENTITIES}]><mujoco>&e12;</mujoco>'

SCHEMA = '<mujoco><worldbody>\n<geom sise="1"/></worldbody></mujoco>'

WRONG = [
    ('<mujoco><include file="/etc/passwd"/></mujoco>', r"uses '/etc/passwd'; every file"),
    ('<mujoco><include file="../secret.xml"/></mujoco>', r"uses '\.\./secret\.xml'; every file"),
    (
        '<mujoco><asset><mesh name="m" file="/etc/passwd"/></asset></mujoco>',
        r"uses '/etc/passwd'|MuJoCo cannot read",
    ),
    ('<mujoco><include file="scene.xml"/></mujoco>', r"MuJoCo cannot read"),
    (BOMB, r"cannot be read: .*amplification"),
    ("no XML at all", r"cannot be read"),
    ('<mujoco><extension><plugin plugin="evil"/></extension></mujoco>', r"MuJoCo cannot read"),
]


@pytest.mark.parametrize(("scene", "problem"), WRONG)
def test_a_harmful_scene_is_refused(scene, problem, tmp_path):
    (tmp_path / "secret.xml").write_text("<mujoco/>")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "scene.xml").write_text(scene)
    models = Models(scene="scene.xml", robot="lightarm.xml")
    with pytest.raises(TaskError, match=problem):
        read_model_files(models, folder)


@pytest.mark.parametrize("name", ["../secret.xml", "/etc/passwd"])
def test_a_model_outside_the_folder_is_refused(name, tmp_path):
    (tmp_path / "secret.xml").write_text("<mujoco/>")
    folder = tmp_path / "run"
    folder.mkdir()
    with pytest.raises(
        TaskError, match=r"models\.scene: uses .*; every file of a model must lie in"
    ):
        read_model_files(Models(scene=name, robot="lightarm.xml"), folder)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.tasks.model_files.MAX_BYTES", 10)
    (tmp_path / "scene.xml").write_text("<mujoco></mujoco>")
    with pytest.raises(TaskError, match="it has 17 bytes, more than the 10 allowed"):
        read_model_files(Models(scene="scene.xml", robot="lightarm.xml"), tmp_path)


def test_included_files_are_found_through_each_other(tmp_path):
    (tmp_path / "scene.xml").write_text('<mujoco><include file="a.xml"/></mujoco>')
    (tmp_path / "a.xml").write_text('<mujoco><include file="b.xml"/></mujoco>')
    (tmp_path / "b.xml").write_text("<mujoco><worldbody/></mujoco>")
    found = read_model_files(Models(scene="scene.xml", robot="lightarm.xml"), tmp_path)
    assert set(found) == {"scene.xml", "a.xml", "b.xml", "lightarm.xml"}


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0" encoding="no-such"?><mujoco/>',
        '<?xml version="1.0" encoding="utf-7"?><mujoco/>',
        "<a>" * 10_000,
        '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&e;"><!ENTITY e "&d;">]><mujoco model="&d;"/>',
        "\x00",
    ],
)
def test_a_model_that_is_no_xml_is_refused(tmp_path, text):
    (tmp_path / "robot.xml").write_text(text)
    with pytest.raises(TaskError, match=r"robot\.xml cannot be read|MuJoCo cannot read"):
        read_model_files(Models(scene="robot.xml", robot="robot.xml", mount=[0, 0, 0]), tmp_path)


MESH = "v -1 -1 -1\nv 1 -1 -1\nv 0 1 -1\nv 0 0 {}\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n"
BOX = '<body name="{0}"><geom type="mesh" mesh="{0}" contype="0" conaffinity="0"/></body>'
ATTACHED = f"""<mujoco><compiler meshdir="shapes"/><include file="sizes.xml"/>
<asset><mesh name="box" file="box.obj"/><model name="inner" file="inner.xml"/></asset>
<worldbody>{BOX.format("box")}</worldbody></mujoco>"""
INNER = f"""<mujoco><asset><mesh name="box" file="box.obj"/></asset>
<worldbody>{BOX.format("box")}</worldbody></mujoco>"""
SIDES = ("right", "left", "up", "down", "front", "back")
SCENE_ASSETS = f"""<asset>
<model name="outer" file="parts/outer.xml"/><mesh name="top" file="top.obj"/>
<texture name="sky" type="cube" {" ".join(f'file{side}="{side}.png"' for side in SIDES)}/>
<texture name="floor" type="2d" file="floor.png"/>
<hfield name="hill" file="hill.png" size="1 1 1 1"/>
</asset>"""
SCENE_BODIES = f"""<attach model="outer" body="box" prefix="outer/"/>{BOX.format("top")}
{BOX.format("low")}
<flexcomp name="cloth" type="mesh" file="cloth.obj" dim="2" mass="1" radius=".01">
<contact contype="0" conaffinity="0"/><edge equality="true"/></flexcomp>"""


def _png(shade):
    """Return a picture of 4 x 4 pixels of one shade."""
    raw = (b"\0" + bytes([shade] * 12)) * 4
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw)),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.fixture
def composed(two_joints, tmp_path):
    """Return a task whose scene uses files in all of MuJoCo's ways, and the names of the files."""
    texts = {
        "parts/outer.xml": ATTACHED,
        "parts/sizes.xml": '<mujoco><statistic extent="2"/></mujoco>',
        "parts/inner.xml": INNER,
        "parts/shapes/box.obj": MESH.format(1),
        "parts/box.obj": MESH.format(2),
        "meshes/top.obj": MESH.format(3),
        "meshes/cloth.obj": MESH.format(4),
        "low/low.xml": '<mujoco><asset><mesh name="low" file="low.obj"/></asset></mujoco>',
        "low/low.obj": MESH.format(5),
    }
    pictures = [f"pictures/{side}.png" for side in (*SIDES, "floor")] + ["meshes/hill.png"]
    files = {name: text.encode() for name, text in texts.items()}
    files |= {name: _png(20 * i) for i, name in enumerate(pictures)}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    head = '<compiler meshdir="meshes" texturedir="pictures"/><include file="low/low.xml"/>'
    task = two_joints(scene=("<worldbody>", f"{head}{SCENE_ASSETS}<worldbody>{SCENE_BODIES}"))
    return task, {"scene.xml", "arm.xml", *files}


def _arrays(model):
    """Return all arrays of a compiled model, but where its files lay when it was compiled."""
    names = (name for name in dir(model) if not name.startswith("_") and "pathadr" not in name)
    values = {name: getattr(model, name) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def test_every_file_of_a_model_is_kept_and_compiles_to_the_same_model(composed, tmp_path):
    task, names = composed
    assert set(task.model_files) == names
    run = tmp_path / "run"
    for name, content in task.model_files.items():
        (run / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        (run / "models" / name).write_bytes(content)
    for name in names:
        (tmp_path / name).unlink()
    again = Task.from_text(task.source, folder=run)
    assert again.model_files == task.model_files
    before, after = _arrays(task.world_model), _arrays(again.world_model)
    assert {"mesh_vert", "tex_data", "hfield_data"} <= set(before)
    for name, values in before.items():
        np.testing.assert_array_equal(values, after[name], err_msg=name)


def test_a_mesh_is_the_one_that_mujoco_takes_from_the_folder(composed, tmp_path):
    task, _ = composed
    alone = tmp_path / "alone.xml"
    alone.write_text((tmp_path / "scene.xml").read_text())
    by_itself = mujoco.MjModel.from_xml_path(str(alone))
    np.testing.assert_array_equal(by_itself.mesh_vert, task.world_model.mesh_vert)


OUTSIDE = {
    "an attached model": '<model name="m" file="../{}"/>',
    "a mesh": '<mesh name="m" file="../{}"/>',
    "a side of a texture": '<texture name="m" type="cube" filefront="../{}"/>',
    "a height field": '<hfield name="m" file="../{}" size="1 1 1 1"/>',
}


@pytest.mark.parametrize("element", OUTSIDE.values(), ids=OUTSIDE)
def test_a_file_outside_the_folder_is_refused_by_name(element, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "out.xml").write_text("<mujoco/>")
    scene = f"<mujoco><asset>{element.format('out.xml')}</asset></mujoco>"
    (folder / "scene.xml").write_text(scene)
    with pytest.raises(TaskError, match=r"models\.scene: uses '\.\./out\.xml'; every file"):
        read_model_files(Models(scene="scene.xml", robot="lightarm.xml"), folder)


def test_a_mesh_of_an_attached_model_outside_the_folder_is_refused(tmp_path):
    folder = tmp_path / "models"
    (folder / "parts").mkdir(parents=True)
    (tmp_path / "box.obj").write_text(MESH.format(1))
    attached = '<asset><model name="m" file="parts/sub.xml"/></asset>'
    (folder / "scene.xml").write_text(f"<mujoco>{attached}</mujoco>")
    mesh = '<compiler meshdir="../.."/><asset><mesh name="m" file="box.obj"/></asset>'
    (folder / "parts" / "sub.xml").write_text(f"<mujoco>{mesh}</mujoco>")
    with pytest.raises(TaskError, match=r"uses '\.\./box\.obj'; every file"):
        read_model_files(Models(scene="scene.xml", robot="lightarm.xml"), folder)


def test_two_files_of_one_name_in_two_folders_are_refused(tmp_path):
    for name, folder, extent in (("scene.xml", tmp_path, 1), ("arm.xml", tmp_path / "models", 2)):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text('<mujoco><include file="common.xml"/></mujoco>')
        common = f'<mujoco><statistic extent="{extent}"/></mujoco>'
        (folder / "common.xml").write_text(common)
    with pytest.raises(TaskError, match=r"models\.robot: .*models/common\.xml and .* differ"):
        read_model_files(Models(scene="scene.xml", robot="arm.xml"), tmp_path)


def test_a_urdf_may_name_meshes_in_its_own_way(tmp_path):
    mesh = '<collision><geometry><mesh filename="box.obj"/></geometry></collision>'
    (tmp_path / "arm.urdf").write_text(f'<robot name="r"><link name="l">{mesh}</link></robot>')
    (tmp_path / "box.obj").write_text(MESH.format(1))
    found = read_model_files(Models(scene="arm.urdf", robot="lightarm.xml"), tmp_path)
    assert set(found) == {"arm.urdf", "box.obj", "lightarm.xml"}


def test_what_mujoco_says_stands_in_one_line(tmp_path):
    (tmp_path / "arm.xml").write_text(SCHEMA)
    with pytest.raises(TaskError) as raised:
        read_model_files(Models(scene="arm.xml", robot="arm.xml"), tmp_path)
    said = str(raised.value)
    assert said.startswith("models.scene: MuJoCo cannot read arm.xml: ")
    assert said.endswith("unrecognized attribute: 'sise', Element 'geom', line 2")


def test_a_model_that_cannot_be_written_to_be_compiled_is_named():
    impossible = {"arm": b"<mujoco/>", "arm/link.stl": b"solid"}
    with (
        pytest.raises(TaskError, match=r"link\.stl cannot be written to compile"),
        laid_out(impossible),
    ):
        pass
