"""Model files that a stranger wrote: none is read from outside its folder, none makes us hang."""

import pytest

from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.model_files import read_model_files
from pilqr_ros.tasks.schema import Models

ENTITIES = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(12))
BOMB = f'<!DOCTYPE mujoco [<!ENTITY e0 "0123456789">{ENTITIES}]><mujoco>&e12;</mujoco>'

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
