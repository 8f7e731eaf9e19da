import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pilqr_ros.robot.reset.joint_reference import JointReference

angles = arrays(np.float64, 7, elements=st.floats(-6.0, 6.0))
speeds = st.floats(0.01, 2.0)


@given(angles, angles, speeds)
def test_the_speed_is_never_exceeded_and_the_goal_is_reached_exactly(start, goal, speed):
    reference = JointReference(start, goal, speed)
    times = np.linspace(0.0, reference.duration, 101)
    for seconds in times:
        assert np.abs(reference.at(seconds).velocity).max() <= speed * (1 + 1e-9)
    begin, end = reference.at(0.0), reference.at(reference.duration)
    np.testing.assert_allclose(begin.position, start, atol=1e-5)
    np.testing.assert_array_equal(end.position, goal)
    for rest in (begin.velocity, end.velocity, end.acceleration):
        np.testing.assert_array_equal(rest, np.zeros(7))


@given(angles, angles, speeds, st.floats(-1.0, 2.0))
def test_no_joint_leaves_the_way_between_start_and_goal(start, goal, speed, part):
    reference = JointReference(start, goal, speed)
    position = reference.at(part * reference.duration).position
    low, high = np.minimum(start, goal), np.maximum(start, goal)
    assert np.all(position >= low - 1e-9)
    assert np.all(position <= high + 1e-9)


@pytest.mark.parametrize("part", [0.01, 0.2, 0.5, 0.7, 0.99])
def test_velocity_and_acceleration_are_the_derivatives_of_position(part):
    rng = np.random.default_rng(0)
    reference = JointReference(rng.normal(size=7), rng.normal(size=7), 0.3)
    t, h = part * reference.duration, 1e-5
    before, here, after = (reference.at(t + s * h) for s in (-1, 0, 1))
    slope = (after.position - before.position) / (2 * h)
    bend = (after.velocity - before.velocity) / (2 * h)
    np.testing.assert_allclose(here.velocity, slope, atol=1e-8)
    np.testing.assert_allclose(here.acceleration, bend, atol=1e-8)


def test_the_longest_way_sets_the_duration():
    reference = JointReference(np.zeros(2), np.array([0.1, -0.8]), 0.5)
    assert reference.duration == pytest.approx(1.875 * 0.8 / 0.5)
    assert np.abs(reference.at(reference.duration / 2).velocity).max() == pytest.approx(0.5)


def test_a_robot_that_is_there_already_stays():
    here = np.array([0.3, -0.2])
    reference = JointReference(here, here, 0.3)
    assert reference.duration == 0.0
    np.testing.assert_array_equal(reference.at(0.0).position, here)
