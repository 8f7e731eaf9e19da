"""The door, its handle and the arm with the hook as the published experiments describe them."""

import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks import load_task

BASES = [(0.0, 0.0), (0.0, 0.1), (0.1, 0.0), (0.1, 0.1)]


@pytest.fixture(scope="module")
def door():
    return load_task("door")


@pytest.fixture
def world(make_world, door):
    return make_world(door)


def turn(angle, point):
    """Turn a point about z."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * point[0] - s * point[1], s * point[0] + c * point[1], point[2]])


def hinge(world):
    """Return the hinge's entry of the positions and velocities."""
    joint = world.model.joint("door_hinge")
    return joint.qposadr[0], joint.dofadr[0]


@pytest.mark.parametrize(("condition", "base"), enumerate(BASES))
def test_the_markers_on_the_handle_are_where_the_base_sees_them(world, condition, base):
    world.reset(condition, seed=0, jitter=False)
    bodies = world.sense().bodies
    for name, z in (("above_handle", 0.0), ("inside_handle", -0.15)):
        expected = np.array([0.35, 0.5, 0.3]) - [*base, 0] + turn(0.2, (0.325, -0.05, z))
        np.testing.assert_allclose(bodies[name].position, expected, atol=1e-12)


def test_the_markers_turn_with_the_door_about_its_hinge(world):
    qpos, _ = hinge(world)
    world.data.qpos[qpos] = -0.7
    axis = np.array([0.35, 0.5, 0.3]) + turn(0.2, (-0.5, 0, 0))
    expected = axis + turn(0.2 - 0.7, (0.825, -0.05, 0))
    np.testing.assert_allclose(world.sense().bodies["above_handle"].position, expected, atol=1e-12)


def test_the_hook_hangs_from_the_finger_at_the_end_of_the_chain(world):
    """The chain of the facts, multiplied here joint by joint."""

    def rotation(axis, angle):
        matrix, quaternion = np.zeros(9), np.zeros(4)
        mujoco.mju_axisAngle2Quat(quaternion, np.eye(3)["xyz".index(axis)], angle)
        mujoco.mju_quat2Mat(matrix, quaternion)
        return matrix.reshape(3, 3)

    q = world.task.conditions[0].start
    R, p = rotation("z", q[0]), np.array([0.35, -0.35, 0.5])
    for offset, turned in (
        ((0.1, 0, 0), rotation("y", -0.13) @ rotation("y", q[1]) @ rotation("x", q[2])),
        ((0.4, 0, 0), rotation("y", q[3]) @ rotation("z", 0.8)),
        ((0.321, 0, 0), rotation("y", q[4]) @ rotation("z", 0.2) @ rotation("x", q[5])),
        ((0.08 + 0.15, 0, 0), np.eye(3)),
    ):
        p, R = p + R @ np.array(offset), R @ turned
    mujoco.mj_kinematics(world.model, world.data)
    np.testing.assert_allclose(world.data.site("robot/hook_top").xpos, p, atol=1e-9)
    bottom = p + R @ np.array([0, 0, -0.15])
    np.testing.assert_allclose(world.data.site("robot/hook_bottom").xpos, bottom, atol=1e-9)


def test_without_torque_nothing_moves(world):
    """There is no gravity."""
    before = world.data.qpos.copy()
    for _ in range(100):
        world.step(np.zeros(6))
    np.testing.assert_array_equal(world.data.qpos, before)


def test_a_door_that_was_pushed_swings_on_and_slows_down(world):
    """Free motion I w' = -d w: the door turns by I w0 / d in all; I of a box about its edge."""
    qpos, dof = hinge(world)
    inertia = 48.0 * (1.0**2 + 0.04**2) / 12 + 48.0 * 0.5**2
    assert world.model.dof_M0[dof] == pytest.approx(inertia, rel=0.06)  # and the handle's
    world.data.qvel[dof] = -0.1
    seconds = 20.0
    world.advance(np.zeros(6), seconds)
    turned = 0.1 * inertia / 5.0 * (1 - np.exp(-5.0 * seconds / inertia))
    assert world.data.qpos[qpos] == pytest.approx(-turned, rel=0.06)


def test_a_closed_door_does_not_open_inwards(world):
    qpos, _ = hinge(world)
    for _ in range(40):
        world.data.qfrc_applied[hinge(world)[1]] = 50.0
        world.step(np.zeros(6))
    assert world.data.qpos[qpos] < 0.02


def test_a_hook_behind_the_bar_pulls_the_door_open(world):
    """The hook is put there; a force towards the robot is applied to it."""
    qpos, _ = hinge(world)
    hook = world.data.body("robot/finger")
    wanted = np.array([0.6785, 0.5156, 0.27])
    start = place(world, wanted)
    for _ in range(40):
        world.data.xfrc_applied[hook.id, :3] = [0.0, -60.0, 0.0]
        world.step(-20 * world.sense().velocities[:6])
    assert start < 0.02
    assert world.data.qpos[qpos] < -0.1


def place(world, wanted):
    """Bring the hook's upper end to a point by damped least squares; return what is left [m]."""
    model, data = world.model, world.data
    site = model.site("robot/hook_top").id
    bottom = model.site("robot/hook_bottom").id
    joints = [model.joint(f"robot/{name}") for name in world.task.joints]
    dofs, qpos = ([getattr(j, a)[0] for j in joints] for a in ("dofadr", "qposadr"))
    low, high = model.jnt_range[[j.id for j in joints]].T
    for _ in range(300):
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        error = np.concatenate(
            [wanted - data.site_xpos[site], wanted - [0, 0, 0.15] - data.site_xpos[bottom]]
        )
        J = np.zeros((6, model.nv))
        mujoco.mj_jacSite(model, data, J[:3], None, site)
        mujoco.mj_jacSite(model, data, J[3:], None, bottom)
        J = J[:, dofs]
        step = J.T @ np.linalg.solve(J @ J.T + 1e-3 * np.eye(6), error)
        data.qpos[qpos] = np.clip(data.qpos[qpos] + 0.3 * step, low, high)
    mujoco.mj_forward(model, data)
    return np.linalg.norm(wanted - data.site_xpos[site])
