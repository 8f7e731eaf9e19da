"""Axes of points and bodies in the state, against MuJoCo's own rotations of the same world."""

import mujoco
import numpy as np
import pytest
from transforms3d.euler import euler2mat
from transforms3d.quaternions import mat2quat, qmult

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.robot.estimation.state_estimation import StateError, StateEstimator
from pilqr_ros.robot.estimation.tracked_body import Tracking
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.models import element_id

BODIES = """<worldbody><body name="box" pos="1 0 0"><freejoint/><geom size=".01 .02 .03" type="box"
contype="0" conaffinity="0"/></body><body name="ball" pos="2 0 0"><freejoint/><geom size=".01"
contype="0" conaffinity="0"/></body>"""
BLOCKS = [
    {"name": "ball", "kind": "body_position", "of": "ball", "axes": ["z", "x"]},
    {"name": "box_x_velocity", "kind": "body_axis_velocity", "of": "box", "axis": "x"},
    {"name": "tip_y", "kind": "point_axis", "of": "tip", "axis": "y", "axes": ["y", "x"]},
    {"name": "box_x", "kind": "body_axis", "of": "box", "axis": "x"},
    {"name": "box_z", "kind": "body_axis", "of": "box", "axis": "z", "axes": ["z"]},
    {"name": "box_velocity", "kind": "body_velocity", "of": "box"},
    {"name": "tip_x_velocity", "kind": "point_axis_velocity", "of": "tip", "axis": "x"},
    {"name": "tip_velocity", "kind": "point_velocity", "of": "tip"},
    {"name": "tip_x", "kind": "point_axis", "of": "tip", "axis": "x"},
]
MS = 1_000_000


@pytest.fixture
def turning(two_joints):
    """Return a function that loads a task whose state holds axes, after changes of it."""

    def load(blocks=BLOCKS, **changes):
        def edit(content):
            content["state"] += blocks
            content["models"]["mount"] = {"position": [0, 0, 1], "euler": [0.3, 0.2, 0.1]}
            content |= changes

        return two_joints(scene=("<worldbody>", BODIES), edit=edit)

    return load


def rotation(world, kind, name):
    index = element_id(world.model, getattr(mujoco.mjtObj, f"mjOBJ_{kind.upper()}"), name, "")
    return getattr(world.data, {"site": "site_xmat", "body": "xmat"}[kind])[index].reshape(3, 3)


def moved(task, seconds):
    """Return the world of a task whose arm and bodies move, some time after it began."""
    world = World(task)
    world.reset(0, seed=0, jitter=False)
    world.data.qvel[:] = np.linspace(-1.0, 1.0, world.model.nv)
    world.advance(np.zeros(2), seconds)
    return world


def sense(estimator, world):
    readings = world.sense()
    for name, pose in readings.bodies.items():
        estimator.on_body(name, readings.stamp_ns, *pose)
    estimator.on_joints(readings.stamp_ns, *readings[1:4])
    return estimator.estimate().x.copy()


def test_axes_are_the_columns_of_the_frames_rotations(turning):
    task = turning()
    world = moved(task, 0.5)
    x, layout = sense(StateEstimator(task), world), task.layout
    box, tip = rotation(world, "body", "box"), rotation(world, "site", "tip")
    assert abs(box[:, 0] @ [1, 0, 0]) < 0.99 and abs(tip[:, 0] @ [1, 0, 0]) < 0.99
    assert x[layout["box_x"]] == pytest.approx(box[:, 0])
    assert x[layout["box_z"]] == pytest.approx(box[2:, 2])
    assert x[layout["tip_x"]] == pytest.approx(tip[:, 0])
    assert x[layout["tip_y"]] == pytest.approx(tip[[1, 0], 1])
    assert x[layout["ball"]] == pytest.approx(world.sense().bodies["ball"].position[[2, 0]])
    assert layout.labels[layout["tip_y"]] == ("tip_y.y", "tip_y.x")


def test_axes_change_as_their_differences_say(turning):
    task = turning()
    estimator = StateEstimator(task)
    world = moved(task, 0.5)
    before, box = sense(estimator, world), rotation(world, "body", "box").copy()
    world.advance(np.zeros(2), task.dt)
    after, layout = sense(estimator, world), task.layout
    changed = (rotation(world, "body", "box") - box) / task.dt
    assert after[layout["box_x_velocity"]] == pytest.approx(changed[:, 0])
    difference = (after - before)[layout["tip_x"]] / task.dt
    mean = (after + before)[layout["tip_x_velocity"]] / 2
    assert np.abs(difference).max() > 0.1
    assert mean == pytest.approx(difference, abs=2e-3)


def test_blocks_of_before_are_the_same_numbers_beside_axes(turning):
    others = [block for block in BLOCKS if "axis" not in block]
    with_axes, without = turning(), turning(others)
    x, y = (sense(StateEstimator(task), moved(task, 0.5)) for task in (with_axes, without))
    for block in without.layout.blocks:
        assert np.array_equal(x[with_axes.layout[block.name]], y[block.slice])


def test_axes_are_turned_from_the_frame_of_motion_capture_into_the_bases(turning):
    task = turning()
    frame = np.eye(4)
    frame[:3, :3], frame[:3, 3] = euler2mat(0.4, 0.5, 0.6), [1, 2, 3]
    estimator = StateEstimator(task, mocap_to_base=frame)
    seen = euler2mat(0.1, 0.2, 0.3)
    estimator.on_body("box", 1, [0, 0, 0], mat2quat(seen))
    estimator.on_body("ball", 1, [0, 0, 0])
    estimator.on_joints(1, task.joints, [0, 0], [0, 0])
    x = estimator.estimate().x
    assert x[task.layout["box_x"]] == pytest.approx(frame[:3, :3] @ seen[:, 0])


def test_a_quaternion_of_the_other_sign_is_the_same_orientation_and_a_flip_is_an_outlier(turning):
    task = turning()
    tracking = Tracking(task.period_ns, 10 * task.period_ns, task.period_ns, turn_limit=30.0)
    estimator = StateEstimator(task, tracking=tracking)
    seen = mat2quat(euler2mat(0.1, 0.2, 0.3))
    for i in range(10):
        estimator.on_body("box", i * 10 * MS, [0, 0, 0], seen * (-1) ** i)
    with pytest.raises(StateError, match=r"pose of box turns by 3.14 rad in 10.0 ms, allowed: 30"):
        estimator.on_body("box", 100 * MS, [0, 0, 0], qmult(seen, [0, 1, 0, 0]))


@pytest.mark.parametrize("given", [(), (0, 0, 0, 0), (1, 1, 0, 0), (np.nan, 0, 0, 1)])
def test_a_body_whose_orientation_is_not_told_is_not_valid(turning, given):
    task = turning()
    estimator = StateEstimator(task)
    with pytest.raises(
        StateError, match=r"orientation of box is no unit quaternion \(w, x, y, z\)"
    ):
        estimator.on_body("box", 1, [0, 0, 0], given)
    estimator.on_body("ball", 1, [0, 0, 0], given)  # nobody asks for its orientation
    estimator.on_joints(1, task.joints, [0, 0], [0, 0])
    estimate = estimator.estimate()
    valid = dict(zip(task.layout.names, estimate.valid, strict=True))
    assert "no pose of box" in estimate.reason
    assert (valid["box_x"], valid["box_x_velocity"], valid["ball"]) == (False, False, True)
    assert np.isnan(estimate.x[task.layout["box_x"]]).all()


WRONG = [
    ({"kind": "point_axis", "of": "tip"}, r"state\[3\].*point_axis block needs `axis`, x, y or z"),
    ({"kind": "body_position", "of": "box", "axis": "x"}, r"body_position block takes no `axis`"),
    ({"kind": "point_axis", "of": "nose", "axis": "x"}, r"state\[3\]\.of: 'nose' is no site"),
    ({"kind": "body_axis", "axis": "x"}, r"body_axis block needs `of`"),
    ({"kind": "body_axis", "of": "box", "axis": "w"}, r"state\[3\]\.axis: .*'w'"),
]


@pytest.mark.parametrize(("block", "message"), WRONG)
def test_a_wrong_block_of_an_axis_is_named(turning, block, message):
    with pytest.raises(TaskError, match=message):
        turning([{"name": "new", **block}])


def success(target):
    conditions = [{"name": "c", "joints": [0, 0.5], "bodies": {"target": [0, 0, 0]}}]
    conditions[0]["targets"] = {"target": [0, 0, 0], "up": target}
    return {"success": {"of": "tip_x", "minus": "up", "within": 0.1}, "conditions": conditions}


def test_a_target_of_an_axis_has_length_1(turning):
    with pytest.raises(TaskError, match=r"success\.minus\[0\]: target 'up' is .*length 2, must be"):
        turning(**success([0.0, 0.0, 2.0]))
    assert turning(**success([0.0, 0.6, 0.8])).distance_label == "distance [1]"


def test_a_target_can_be_where_an_axis_of_a_site_points(turning):
    task = turning(**success({"site": "tip", "axis": "x"}))
    world = World(task)
    world.reset(0, seed=0, jitter=False)
    up = task.conditions[0].targets["up"]
    assert up == pytest.approx(rotation(world, "site", "tip")[:, 0])
    assert task.success(0, sense(StateEstimator(task), world)[None]) == (True, pytest.approx(0.0))


def test_the_cost_of_an_axis_grows_with_its_distance_from_where_it_shall_point(turning):
    term = {"name": "up", "of": "tip_x", "minus": "up", "alpha": 2.0, "beta": 0.5, "gamma": 1e-4}
    task = turning(cost={"terms": [term]}, **success([0.0, 0.6, 0.8]))
    x, u = np.zeros((task.T, task.dX)), np.zeros((task.T, task.dU))
    angles = np.linspace(0.0, np.pi, task.T)  # away from it in the plane of y and z
    x[:, task.layout["tip_x"]] = np.outer(np.cos(angles), [0, 0.6, 0.8]) + np.outer(
        np.sin(angles), [0, 0.8, -0.6]
    )
    distances = 2.0 * np.sin(angles / 2)
    expected = 0.5 * 2.0 * distances**2 + 0.5 * np.sqrt(1e-4 + distances**2)
    assert task.cost(0).evaluate(x, u) == pytest.approx(expected)
    curvature = task.cost(0).expand(x).C[:, : task.dX, : task.dX]
    assert np.linalg.eigvalsh(curvature).min() > -1e-9


def test_a_rollout_through_the_collector_holds_axes(turning):
    task = turning()
    rollout = InProcessCollector(task).collect(task.initial_policy(0), 0, 1, True, True)
    assert rollout.valid, rollout.reason
    assert np.linalg.norm(rollout.states[:, task.layout["tip_x"]], axis=1) == pytest.approx(1.0)
    assert np.linalg.norm(rollout.states[:, task.layout["box_x"]], axis=1) == pytest.approx(1.0)
