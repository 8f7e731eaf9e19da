"""The two links of the reacher."""

import numpy as np
import pytest

from pilqr_ros.tasks import load_task


@pytest.fixture(scope="module")
def reacher():
    return load_task("reacher")


@pytest.fixture
def world(make_world, reacher):
    return make_world(reacher)


def test_the_target_is_where_the_condition_says(world, reacher):
    for condition in (1, 16, 17, 316):
        world.reset(condition, seed=0, jitter=False)
        wanted = reacher.conditions[condition].targets["target"]
        np.testing.assert_array_equal(world.data.body("target").xpos, wanted)


@pytest.mark.parametrize("angles", [(0.0, 0.0), (0.7, -1.2), (-2.0, 2.9)])
def test_the_fingertip_is_a_tenth_and_eleven_hundredths_of_a_metre_along_the_links(world, angles):
    world.data.qpos[:] = angles
    world.sense()
    first, second = angles[0], sum(angles)
    expected = 0.1 * np.array([np.cos(first), np.sin(first)])
    expected += 0.11 * np.array([np.cos(second), np.sin(second)])
    np.testing.assert_allclose(world.data.site("robot/fingertip").xpos[:2], expected, atol=1e-12)


def test_gravity_does_not_move_it(world):
    world.advance(np.zeros(2), 2.0)
    np.testing.assert_allclose(world.data.qpos, 0.0, atol=1e-12)


def test_a_joint_obeys_its_armature_and_damping(world):
    """q'' + q' = u with an inertia of 1 kg m^2 nearly all of which is armature."""
    torque, seconds = 0.5, 1.0
    world.advance(np.array([torque, 0.0]), seconds)
    expected = torque * (seconds - 1 + np.exp(-seconds))
    assert world.data.qpos[0] == pytest.approx(expected, rel=0.01)


def test_the_second_joints_limits_hold(world):
    world.advance(np.array([0.0, 50.0]), 2.0)
    assert 2.9 < world.data.qpos[1] < 3.3
