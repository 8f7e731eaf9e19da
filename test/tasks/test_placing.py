"""What a task file says of the scene's start is where the world is put."""

import mujoco
import numpy as np
import pytest

from pilqr_ros.simulation.errors import ResetError
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.models import element_id, joint_id

BOX = """<worldbody><body name="box" pos="1 0 0"><freejoint/><geom size=".01 .02 .03" type="box"
contype="0" conaffinity="0"/><site name="corner" pos=".1 0 0"/></body>
<body name="frame" mocap="true"><body name="door" pos="2 0 0"><joint name="hinge" axis="0 0 1"
range="-60 60"/><geom size=".01" contype="0" conaffinity="0"/><site name="handle"
pos="1 0 0"/></body>
</body><body name="cart"><joint name="cart" type="slide" axis="1 0 0"/><geom size=".01" contype="0"
conaffinity="0"/></body>"""
HALF = np.sqrt(0.5)


@pytest.fixture
def placed(two_joints):
    """Return a function that loads a task with a box, a door and a cart after a start's changes."""

    def load(bodies=None, **start):
        def edit(content):
            content["conditions"][0]["bodies"] |= bodies or {}
            content["conditions"][0] |= start

        return two_joints(scene=("<worldbody>", BOX), edit=edit)

    return load


def frame_of(world, kind, name):
    """Return position and rotation of a site or body of a world."""
    found = element_id(world.model, getattr(mujoco.mjtObj, f"mjOBJ_{kind.upper()}"), name, "")
    data = world.data
    if kind == "site":
        return data.site_xpos[found], data.site_xmat[found].reshape(3, 3)
    return data.xpos[found], data.xmat[found].reshape(3, 3)


def started(task):
    world = World(task)
    world.reset(0, seed=0, jitter=False)
    return world


def test_a_joint_that_no_motor_moves_begins_where_the_condition_has_it(placed):
    world = started(placed(other_joints={"hinge": np.pi / 6, "cart": 0.25}))
    position, _ = frame_of(world, "site", "handle")
    assert position == pytest.approx([2 + np.cos(np.pi / 6), 0.5, 0.0])
    assert frame_of(world, "body", "cart")[0] == pytest.approx([0.25, 0.0, 0.0])


@pytest.mark.parametrize(
    "turned", [{"quaternion": [2, 0, 0, 2]}, {"euler": [0, 0, np.pi / 2]}], ids=str
)
@pytest.mark.parametrize("body", ["box", "frame"])
def test_a_body_is_turned_as_the_condition_has_it(placed, body, turned):
    world = started(placed(bodies={body: {"position": [0.0, 1.0, 2.0]} | turned}))
    position, rotation = frame_of(world, "body", body)
    assert position == pytest.approx([0.0, 1.0, 2.0])
    assert rotation @ [1, 0, 0] == pytest.approx([0.0, 1.0, 0.0])


def test_euler_angles_turn_about_the_fixed_axes_in_order(placed):
    turned = {"position": [0, 0, 0], "euler": [np.pi / 2, 0, np.pi / 2]}
    _, rotation = frame_of(started(placed(bodies={"box": turned})), "body", "box")
    # y goes up by the turn about x, and stays there; z goes to -y, then to x
    assert rotation @ [0, 1, 0] == pytest.approx([0.0, 0.0, 1.0])
    assert rotation @ [0, 0, 1] == pytest.approx([1.0, 0.0, 0.0])


def test_a_body_without_orientation_stands_as_in_its_model(placed):
    as_list = started(placed(bodies={"box": [0, 0, 1]}))
    as_section = started(placed(bodies={"box": {"position": [0, 0, 1]}}))
    assert np.array_equal(as_list.data.qpos, as_section.data.qpos)
    assert np.array_equal(frame_of(as_section, "body", "box")[1], np.eye(3))


WRONG = [
    ({"other_joints": {"hinges": 0.1}}, r"\]\.other_joints\.hinges: 'hinges' is no joint.*hinge"),
    ({"other_joints": {"j1": 0.1}}, r"other_joints\.j1: is an actuated joint: .* into `joints`"),
    (
        {"other_joints": {"hinge": 1.5}},
        r"other_joints\.hinge: 1\.5 is outside the model's \[-1\.047",
    ),
    (
        {"other_joints": {"cart": 0.1}, "bodies": {"cart": [0.1, 0, 0]}},
        r"other_joints\.cart: moves body 'cart', which `bodies` puts",
    ),
    (
        {"bodies": {"cart": {"position": [0.1, 0, 0], "euler": [0, 0, 1]}}},
        r"bodies\.cart: has an orientation, which needs a free joint, or mocap",
    ),
    (
        {"bodies": {"box": {"position": [0, 0, 0], "euler": [0] * 3, "quaternion": [1, 0, 0, 0]}}},
        r"bodies\.box.*takes quaternion or euler, not both",
    ),
    (
        {"bodies": {"box": {"position": [0, 0, 0], "quaternion": [0, 0, 0, 0]}}},
        r"bodies\.box.*quaternion is no orientation: all of it is zero",
    ),
    ({"targets": {"target": {"site": "nose"}}}, r"targets\.target\.site: 'nose' is no site.*tip"),
]


@pytest.mark.parametrize(("start", "message"), WRONG)
def test_a_start_that_cannot_be_had_is_refused_by_its_key(placed, start, message):
    with pytest.raises(TaskError, match=message):
        placed(**start)


def test_a_target_is_where_its_site_is_in_the_placed_scene(placed):
    task = placed(
        bodies={"box": {"position": [0, 0, 1], "euler": [0, 0, np.pi / 2]}, "frame": [0, 0, 5]},
        other_joints={"hinge": np.pi / 6},
        targets={"target": {"site": "corner"}, "ajar": {"site": "handle"}, "here": {"site": "tip"}},
        joints=[np.pi / 2, 0],
    )
    targets = task.conditions[0].targets
    assert targets["target"] == pytest.approx([0.0, 0.1, 1.0])
    assert targets["ajar"] == pytest.approx([2 + np.cos(np.pi / 6), 0.5, 5.0])
    assert targets["here"] == pytest.approx([0.0, 0.2, 0.0])


def test_a_target_at_a_site_of_a_body_that_cannot_be_placed_is_refused(placed):
    with pytest.raises(TaskError, match=r"conditions\[0\]\.bodies: body 'door' cannot be placed"):
        placed(bodies={"door": [0, 0, 0]}, targets={"target": {"site": "handle"}})


def test_a_body_that_cannot_be_placed_fails_the_reset(placed):
    with pytest.raises(ResetError, match="body 'door' cannot be placed"):
        started(placed(bodies={"door": [0, 0, 0]}))


def test_shifts_move_turned_bodies_and_other_joints(two_joints):
    def edit(content):
        content["conditions"][0]["bodies"]["box"] = {"position": [0, 0, 1], "euler": [0, 0, 1.0]}
        content["conditions"][0]["other_joints"] = {"hinge": 0.5}
        shifts = [
            {"of": "bodies.box", "low": [0.1, 0, 0], "high": [0.1, 0, 0]},
            {"of": "other_joints.hinge", "low": [-0.2], "high": [-0.2]},
        ]
        content["drawn_conditions"] = [
            {"name": "moved", "like": "c", "count": 1, "seed": 0, "shifts": shifts}
        ]

    moved = two_joints(scene=("<worldbody>", BOX), edit=edit).conditions[1]
    assert moved.bodies["box"].tolist() == [0.1, 0.0, 1.0]
    assert moved.orientations["box"] == pytest.approx([np.cos(0.5), 0, 0, np.sin(0.5)])
    assert moved.other_joints["hinge"] == pytest.approx(0.3)


def test_a_mount_turns_the_arm_and_what_is_computed_of_it(two_joints):
    def edit(content):
        content["models"]["mount"] = {"position": [0, 0, 1], "euler": [0, -np.pi / 2, 0]}
        content["conditions"][0]["targets"]["target"] = {"site": "tip"}

    task = two_joints(edit=edit)
    assert task.conditions[0].targets["target"] == pytest.approx([0.0, 0.0, 1.2])
    hand = element_id(task.robot_model, mujoco.mjtObj.mjOBJ_SITE, "tip", "")
    data = mujoco.MjData(task.robot_model)
    data.qpos[task.robot_model.jnt_qposadr[joint_id(task.robot_model, "j1", "")]] = np.pi / 2
    mujoco.mj_kinematics(task.robot_model, data)
    assert data.site_xpos[hand] == pytest.approx([0.0, 0.2, 1.0])


def test_a_mount_as_a_section_without_orientation_is_that_of_a_list(two_joints):
    def mounted(mount):
        return two_joints(edit=lambda content: content["models"].update(mount=mount)).world_model

    as_list, as_section = mounted([0.1, 0, 0.2]), mounted({"position": [0.1, 0, 0.2]})
    assert np.array_equal(as_list.body_pos, as_section.body_pos)
    assert np.array_equal(as_list.body_quat, as_section.body_quat)
