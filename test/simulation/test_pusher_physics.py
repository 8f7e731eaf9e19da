"""The gripper pusher as the published experiments describe it."""

import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks import load_task

START = [((0.65, -0.9), (1.6, -0.25)), ((1.0, 0.45), (0.2, 1.0)), ((0.9, 0.9), (1.25, 0.4)),
         ((0.5, 0.9), (-0.4, 0.75))]  # fmt: skip


@pytest.fixture(scope="module")
def pusher():
    return load_task("pusher")


@pytest.fixture
def world(make_world, pusher):
    return make_world(pusher)


@pytest.mark.parametrize("condition", range(4))
def test_block_and_goal_start_where_the_condition_says(world, condition):
    world.reset(condition, seed=0, jitter=False)
    world.sense()
    block, goal = START[condition]
    np.testing.assert_allclose(world.data.body("block").xpos[[0, 2]], block)
    np.testing.assert_allclose(world.data.body("goal").xpos[[0, 2]], goal)


@pytest.mark.parametrize("condition", range(4))
def test_distance_is_from_the_blocks_centre_to_the_goals(pusher, world, condition):
    world.reset(condition, seed=0, jitter=False)
    states = np.zeros((pusher.T, pusher.dX))
    block = world.sense().bodies["block_marker"].position
    states[-1, pusher.layout["block"]] = block[[0, 2]]
    expected = np.hypot(*np.subtract(*START[condition]))
    assert pusher.success(condition, states).distance == pytest.approx(expected)


def test_the_cost_is_the_papers(pusher):
    """Section 8.3.1 with the published numbers, computed here term by term."""
    x = np.random.default_rng(0).normal(size=(100, pusher.dX))
    layout, t = pusher.layout, np.arange(1, 101) / 100

    def loss(z):
        squared = np.sum(z**2, axis=1)
        return 5.0 * squared + 0.1 * np.sqrt(1e-5 + squared)

    block = x[:, layout["block"]]
    tips = np.hstack([x[:, layout[name]] - block for name in ("left_tip", "right_tip")])
    terms = pusher.cost(0).evaluate_terms(x, np.ones((100, 4)))
    np.testing.assert_allclose(terms["goal"], 4 * t**2 * loss(block - [1.65, -0.2]))
    np.testing.assert_allclose(terms["gripper"], loss(tips))
    np.testing.assert_allclose(terms["plane"], 5 * x[:, 3] ** 2)
    assert not terms["torque"].any()


def test_without_torque_nothing_moves(world):
    before = world.data.qpos.copy()
    for _ in range(100):
        world.step(np.zeros(4))
    np.testing.assert_array_equal(world.data.qpos, before)


def test_the_gripper_carries_the_block_and_cannot_pass_it(world):
    """The block is put into the gripper's mouth; the stiff arm turns and takes it along."""
    block = mujoco.mj_name2id(world.model, mujoco.mjtObj.mjOBJ_BODY, "block")
    first = world.model.body_jntadr[block]
    z, x = (world.model.jnt_qposadr[first + i] for i in range(2))
    world.data.qpos[[z, x]] = [0.0, 1.32]
    mujoco.mj_forward(world.model, world.data)
    for _ in range(60):
        readings = world.sense()
        hold = -20 * readings.positions - 4 * readings.velocities
        effort = np.array([-1.0, *hold[1:]])
        world.step(np.clip(effort, -2, 2))
        assert min([0.0, *(contact.dist for contact in world.data.contact)]) > -0.01
    assert world.data.qpos[z] > 0.2


def test_joint_limits_hold_at_full_torque(world, pusher):
    for _ in range(200):
        world.step(np.array([0.0, 2.0, -2.0, 2.0]))
        assert np.all(np.abs(world.sense().positions[1:3]) < 2.45)


def test_a_block_that_was_hit_slides_on_and_slows_down(world):
    """Free motion m v' = -d v: the block travels m v0 / d in all."""
    block = mujoco.mj_name2id(world.model, mujoco.mjtObj.mjOBJ_BODY, "block")
    dof = world.model.jnt_dofadr[world.model.body_jntadr[block] + 1]
    world.data.qvel[dof] = -1.0
    start = world.sense().bodies["block_marker"].position[0]
    for _ in range(200):
        world.step(np.zeros(4))
    travelled = start - world.sense().bodies["block_marker"].position[0]
    assert travelled == pytest.approx(0.04 / 0.07, rel=0.02)
