import re

import numpy as np
import pytest

from pilqr_ros.robot.estimation.kinematics import RobotKinematics
from pilqr_ros.robot.estimation.state_estimation import StateError, StateEstimator, rigid_transform
from pilqr_ros.trajopt.errors import ShapeError

MS = 1_000_000


@pytest.fixture
def estimator(hockey):
    return StateEstimator(hockey)


def joints(estimator, hockey, stamp_ns, q=None, qd=None):
    q = hockey.conditions[0].start if q is None else q
    estimator.on_joints(stamp_ns, hockey.joints, q, np.zeros(7) if qd is None else qd)


def test_blocks_are_where_the_layout_says(estimator, hockey):
    qd = np.arange(7.0)
    joints(estimator, hockey, 5 * MS, qd=qd)
    estimator.on_body("puck", 5 * MS, [0.8, -0.2, 0.025])
    stamp_ns, x, valid, reason = estimator.estimate()
    assert stamp_ns == 5 * MS
    assert (valid, reason) == ((True,) * 6, "")
    assert x.shape == (26,)
    np.testing.assert_array_equal(x[:7], hockey.conditions[0].start)
    np.testing.assert_array_equal(x[7:14], qd)
    np.testing.assert_allclose(x[14:17], [0.56, -0.188, 0.062], atol=1e-3)
    np.testing.assert_array_equal(x[20:], [0.8, -0.2, 0.025, 0, 0, 0])


def test_joints_may_have_other_names_on_the_robot(hockey):
    names = [f"arm_{i}" for i in range(7)]
    estimator = StateEstimator(hockey, joint_names=names)
    q = np.linspace(0.1, 0.7, 7)
    estimator.on_body("puck", 1, np.zeros(3))
    estimator.on_joints(1, names[::-1], q[::-1], np.zeros(7))
    np.testing.assert_array_equal(estimator.estimate().x[:7], q)
    with pytest.raises(StateError, match="joint state lacks arm_0"):
        estimator.on_joints(2, hockey.joints, q, np.zeros(7))
    with pytest.raises(StateError, match=r"3 names of joints on the robot, expected 7, for r_sh"):
        StateEstimator(hockey, joint_names=names[:3])


def test_joints_are_matched_by_name_in_any_order_among_others(estimator, hockey):
    q, qd = np.arange(7.0) / 10, np.arange(7.0)
    names = ["head", *reversed(hockey.joints)]
    estimator.on_joints(1, names, [99.0, *q[::-1]], [99.0, *qd[::-1]])
    estimator.on_body("puck", 1, [0, 0, 0])
    x = estimator.estimate().x
    np.testing.assert_array_equal(x[:7], q)
    np.testing.assert_array_equal(x[7:14], qd)


@pytest.mark.parametrize("seed", range(5))
def test_a_points_velocity_is_the_derivative_of_its_position(hockey, seed):
    rng = np.random.default_rng(seed)
    kinematics = RobotKinematics(hockey.robot_model, hockey.joints, hockey.points)
    q, qd, h = rng.normal(size=7) * 0.3, rng.normal(size=7), 1e-6
    _, velocities = kinematics.points(q, qd)
    after, before = (kinematics.points(q + s * h * qd, qd)[0] for s in (1, -1))
    np.testing.assert_allclose(velocities, (after - before) / (2 * h), atol=1e-6)


def puck_velocity(estimator, hockey, stamp_ns):
    joints(estimator, hockey, stamp_ns)
    return estimator.estimate().x[23:26]


def test_a_bodys_velocity_is_its_change_over_a_control_period(estimator, hockey):
    for i in range(20):  # motion capture at 100 Hz of a puck that speeds up
        t = 10 * i * MS
        estimator.on_body("puck", t, [0.001 * i**2, 0.0, 0.025])
    expected = 0.001 * (19**2 - 14**2) / 0.05
    np.testing.assert_allclose(puck_velocity(estimator, hockey, 190 * MS), [expected, 0, 0])


@pytest.mark.parametrize("gap_ms", [49.7, 50.0, 50.4, 100.0])
def test_slow_or_jittering_motion_capture_still_gives_a_velocity(estimator, hockey, gap_ms):
    stamps = [0, round(gap_ms * MS)]
    for stamp, x in zip(stamps, (0.0, 0.1), strict=True):
        estimator.on_body("puck", stamp, [x, 0, 0])
    velocity = puck_velocity(estimator, hockey, stamps[-1])
    np.testing.assert_allclose(velocity, [0.1 / (gap_ms * 1e-3), 0, 0], rtol=1e-6)


def test_a_body_seen_once_has_no_velocity(estimator, hockey):
    estimator.on_body("puck", 0, [1, 2, 3])
    np.testing.assert_array_equal(puck_velocity(estimator, hockey, 0), np.zeros(3))


def test_poses_from_before_a_reset_give_no_velocity(estimator, hockey):
    estimator.on_body("puck", 0, [9, 9, 9])
    estimator.on_body("puck", 1000 * MS, [0, 0, 0])
    np.testing.assert_array_equal(puck_velocity(estimator, hockey, 1000 * MS), np.zeros(3))


def test_motion_captures_frame_is_moved_to_the_base(hockey):
    transform = rigid_transform([1.0, 2.0, 3.0], [0.0, 0.0, np.pi / 2])
    estimator = StateEstimator(hockey, mocap_to_base=transform)
    for stamp, x in ((0, 0.0), (50 * MS, 0.1)):
        joints(estimator, hockey, stamp)
        estimator.on_body("puck", stamp, [x, 0.5, 0.25])
    x = estimator.estimate().x
    np.testing.assert_allclose(x[20:23], [0.5, 2.1, 3.25], atol=1e-12)
    np.testing.assert_allclose(x[23:26], [0.0, 2.0, 0.0], atol=1e-12)


def test_it_is_complete_when_every_input_of_a_stamp_has_come(estimator, hockey):
    assert not estimator.complete_at(0)
    joints(estimator, hockey, 50 * MS)
    assert not estimator.complete_at(50 * MS)
    estimator.on_body("puck", 0, [0, 0, 0])
    assert not estimator.complete_at(50 * MS)
    estimator.on_body("puck", 50 * MS, [0, 0, 0])
    assert estimator.complete_at(50 * MS)
    assert not estimator.complete_at(100 * MS)


def test_a_pose_that_comes_twice_counts_once(estimator, hockey):
    for stamp in (0, 50 * MS, 50 * MS):
        estimator.on_body("puck", stamp, [stamp * 1e-9, 0, 0])
    np.testing.assert_allclose(puck_velocity(estimator, hockey, 50 * MS), [1, 0, 0])


def test_missing_inputs_are_named(estimator, hockey):
    nothing = estimator.estimate()
    assert nothing.reason == "no joint state has come yet"
    assert not any(nothing.valid)
    assert np.isnan(nothing.x).all()
    joints(estimator, hockey, 0)
    assert estimator.estimate().reason == "no pose of puck has come yet"
    with pytest.raises(StateError, match="joint state lacks r_wrist_roll_joint"):
        estimator.on_joints(1, hockey.joints[:-1], np.zeros(6), np.zeros(6))


def test_silent_motion_capture_is_named_with_its_age_and_its_blocks_are_not_valid(
    estimator, hockey
):
    estimator.on_body("puck", 0, [0, 0, 0])
    joints(estimator, hockey, 100 * MS)
    assert all(estimator.estimate().valid)
    joints(estimator, hockey, 101 * MS)
    estimate = estimator.estimate()
    assert estimate.reason == "pose of puck is 101.0 ms old, allowed: 100.0 ms"
    assert estimate.valid == (True, True, True, True, False, False)
    np.testing.assert_array_equal(np.isnan(estimate.x), [False] * 20 + [True] * 6)


def test_poses_from_another_clock_are_not_used(estimator, hockey):
    joints(estimator, hockey, 100 * MS)
    estimator.on_body("puck", 3100 * MS, [0, 0, 0])
    ahead = r"pose of puck is 3000\.0 ms ahead of the joint state, .*: their clocks differ"
    assert re.fullmatch(ahead, estimator.estimate().reason)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_inputs_that_are_not_finite_are_named(estimator, hockey, bad):
    values = np.array([0, 0, bad, 0, 0, 0, 0])
    with pytest.raises(StateError, match=r"position of r_upper_arm_roll_joint is (nan|inf)"):
        joints(estimator, hockey, 0, q=values)
    with pytest.raises(StateError, match=r"velocity of r_upper_arm_roll_joint is (nan|inf)"):
        joints(estimator, hockey, 0, qd=values)
    with pytest.raises(StateError, match="pose of puck is not finite"):
        estimator.on_body("puck", 0, [0, bad, 0])


def test_stamps_that_run_backwards_are_refused(estimator, hockey):
    joints(estimator, hockey, 100)
    with pytest.raises(StateError, match="joint state stamped 99 ns comes after 100 ns"):
        joints(estimator, hockey, 99)
    estimator.on_body("puck", 100, [0, 0, 0])
    with pytest.raises(StateError, match="pose of puck stamped 99 ns comes after a later one"):
        estimator.on_body("puck", 99, [0, 0, 0])


def test_after_stamps_that_ran_backwards_nothing_is_valid_for_a_control_period(estimator, hockey):
    def reason(stamp):
        estimator.on_body("puck", stamp, [0, 0, 0])
        joints(estimator, hockey, stamp)
        return estimator.estimate().reason

    assert reason(100 * MS) == ""
    with pytest.raises(StateError):
        joints(estimator, hockey, 90 * MS)
    assert "joint state stamped 90000000 ns comes after" in reason(110 * MS)
    assert "comes after" in reason(149 * MS)
    assert reason(150 * MS) == ""


def test_a_sensor_that_starts_anew_is_followed(estimator, hockey):
    estimator.on_body("puck", 9000 * MS, [0, 0, 0])
    joints(estimator, hockey, 9000 * MS)
    for i in range(9):
        for send in (joints, lambda e, _, stamp: e.on_body("puck", stamp, [1, 0, 0])):
            with pytest.raises(StateError, match="comes after"):
                send(estimator, hockey, i * MS)
    joints(estimator, hockey, 9 * MS)
    estimator.on_body("puck", 9 * MS, [1, 0, 0])
    estimate = estimator.estimate()
    assert (estimate.stamp_ns, estimate.reason) == (9 * MS, "")
    np.testing.assert_array_equal(estimate.x[20:], [1, 0, 0, 0, 0, 0])


def test_lengths_that_do_not_match_are_refused(estimator, hockey):
    with pytest.raises(StateError, match="7 names, 6 positions and 7 velocities"):
        estimator.on_joints(0, hockey.joints, np.zeros(6), np.zeros(7))


def test_missing_velocities_are_named_with_what_to_do(estimator, hockey):
    with pytest.raises(StateError, match="0 velocities: its driver must tell velocities"):
        estimator.on_joints(0, hockey.joints, np.zeros(7), [])


def test_a_joint_that_is_named_twice_is_refused(estimator, hockey):
    names = [*hockey.joints, "r_elbow_flex_joint"]
    with pytest.raises(StateError, match="names r_elbow_flex_joint twice"):
        estimator.on_joints(0, names, np.zeros(8), np.zeros(8))


def test_an_unknown_body_is_refused(estimator):
    with pytest.raises(StateError, match="body 'ball' is not tracked; bodies: puck"):
        estimator.on_body("ball", 0, [0, 0, 0])


def test_a_transform_of_the_wrong_shape_is_refused(hockey):
    with pytest.raises(ShapeError, match="mocap_to_base"):
        StateEstimator(hockey, mocap_to_base=np.eye(3))


def test_another_devices_joint_state_is_not_the_arms(estimator, hockey):
    assert not estimator.reads(["finger"])
    assert not estimator.reads([])
    assert estimator.reads(["finger", hockey.joints[0]])  # and lacks the others: a fault
    assert estimator.strangers == ", but for those of no joint"
    joints(estimator, hockey, MS)
    assert estimator.reads(list(hockey.joints))


def test_a_jump_of_a_joint_makes_every_state_of_the_next_control_period_not_valid(hockey):
    estimator = StateEstimator(hockey, joint_jumps=True)
    at = np.array(hockey.conditions[0].start)
    estimator.on_body("puck", 10 * MS, np.zeros(3))
    joints(estimator, hockey, 10 * MS)
    assert estimator.estimate().reason == ""
    with pytest.raises(StateError, match=f"{hockey.joints[0]} jumps by 0.4"):
        joints(estimator, hockey, 20 * MS, at + np.eye(7)[0] * 0.4)
    for stamp in range(30, 80, 10):
        estimator.on_body("puck", stamp * MS, np.zeros(3))
        joints(estimator, hockey, stamp * MS)
        assert bool(estimator.estimate().reason) == (stamp < 70), stamp


def test_a_reset_is_no_jump(hockey):
    estimator = StateEstimator(hockey, joint_jumps=True)
    joints(estimator, hockey, 10 * MS)
    joints(estimator, hockey, 1010 * MS, np.zeros(7))
    estimator.on_body("puck", 1010 * MS, np.zeros(3))
    assert estimator.estimate().reason == ""


def test_a_wrap_is_followed_into_the_state(hockey):
    estimator = StateEstimator(hockey, joint_jumps=True)
    endless = int(np.flatnonzero(np.isinf(hockey.position_limits).all(axis=1))[0])
    at = np.array(hockey.conditions[0].start)
    for i, angle in enumerate(np.arange(3.0, 3.3, 0.04)):
        at[endless] = np.remainder(angle + np.pi, 2 * np.pi) - np.pi
        joints(estimator, hockey, (i + 1) * 10 * MS, at)
        estimator.on_body("puck", (i + 1) * 10 * MS, np.zeros(3))
        estimate = estimator.estimate()
        assert estimate.reason == ""
        assert estimate.x[endless] == pytest.approx(angle, abs=1e-12)
