"""The guard on a fake clock."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.joint_limits import JointLimits
from pilqr_ros.robot.guard.torque_guard import GuardTiming, TorqueGuard, build_guard
from pilqr_ros.robot.guard.torque_limits import TorqueLimits
from pilqr_ros.robot.guard.torque_records import TorqueCommand
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.schema import Guard

MS = 1_000_000
JOINTS = ("shoulder", "elbow")
EFFORT, RATE = np.array([10.0, 5.0]), np.array([4.0, 4.0])
LOWER, UPPER, SPEED = np.array([-1.0, -np.inf]), np.array([2.0, 3.0]), np.array([3.0, np.inf])
TOLERANCE, OVERSPEED = 0.05, 1.5
TIMEOUT = 100 * MS


def make(enabled=True, between_commands=False):
    torques = TorqueLimits(JOINTS, EFFORT, RATE)
    margin = np.array([0.1, 0.1])
    joints = JointLimits(JOINTS, EFFORT, LOWER, UPPER, margin, SPEED, TOLERANCE, OVERSPEED)
    timing = GuardTiming(TIMEOUT, 100 * MS, between_commands)
    return TorqueGuard(torques, joints, timing, enabled=enabled)


@pytest.mark.parametrize("strict", [False, True])
def test_a_tasks_wide_tolerances_are_not_for_a_real_arm(hockey, strict):
    assert hockey.guard().overspeed > 2.0 > Guard().overspeed
    guard = build_guard(
        hockey, timeout_ns=TIMEOUT, between_commands=False, enabled=True, strict=strict
    )
    q, qd = np.clip(0.0, *hockey.position_limits.T), np.zeros(hockey.dU)
    qd[0] = 2.0 * hockey.velocity_limits[0]
    guard.on_joints(MS, MS, hockey.joints, q, qd)
    answer = guard.on_command(MS, TorqueCommand(MS, 1, 0, np.zeros(hockey.dU)))
    assert bool(answer.interventions & Intervention.JOINT_STOP) == strict


class Driver:
    """Sends the guard joint states and commands of one rollout, with the same stamps."""

    def __init__(self, **options):
        self.guard = make(**options)
        self.now = self.stamp = 1000 * MS
        self.rollout, self.step = 1, 0

    def joints(self, q=(0.0, 0.0), qd=(0.0, 0.0)):
        return self.guard.on_joints(self.now, self.stamp, JOINTS, q, qd)

    def command(self, u, stamp=None):
        stamp = self.stamp if stamp is None else stamp
        command = TorqueCommand(stamp, self.rollout, self.step, np.asarray(u, dtype=float))
        return self.guard.on_command(self.now, command)

    def last(self):
        command = TorqueCommand(self.stamp, self.rollout, self.step, last=True)
        return self.guard.on_command(self.now, command)

    def tick(self, u, q=(0.0, 0.0), qd=(0.0, 0.0)):
        self.now += 50 * MS
        self.stamp += 50 * MS
        self.joints(q, qd)
        return self.command(u)


@pytest.fixture
def driver():
    return Driver()


def test_a_small_torque_passes(driver):
    passed = driver.tick([3.0, -3.0])
    np.testing.assert_array_equal(passed.effort, [3.0, -3.0])
    assert (passed.interventions, passed.detail) == (0, "")


def test_every_answer_names_the_command_that_it_is_to(driver):
    def named(answer):
        return answer.stamp_ns, answer.rollout_id, answer.step

    asked = []

    def ask(step):
        driver.step = step
        asked.append((driver.stamp, driver.rollout, step))

    assert named(driver.guard.stop("button")) == (0, 0, 0)
    driver.guard.switch.reset()
    driver.guard.switch.enable()
    driver.rollout = 7
    ask(3)
    driver.joints()
    assert named(driver.command([1.0, 1.0])) == asked[-1]
    driver.stamp += 50 * MS
    ask(4)
    assert driver.command([1.0, 1.0]) is None
    assert named(driver.joints()) == asked[-1]  # it came later than its command
    assert named(driver.guard.check(driver.now + TIMEOUT)) == asked[-1]
    ask(5)
    assert driver.command([1.0, 1.0]).interventions == Intervention.TIMEOUT
    assert named(driver.command([1.0, 1.0])) == asked[-1]  # refused as the step before
    ask(6)
    assert named(driver.last()) == asked[-1]


def test_every_limit_is_applied_and_told(driver):
    driver.tick([4.0, 4.0])
    passed = driver.tick([20.0, 5.0], q=(1.98, 0.0))
    np.testing.assert_allclose(passed.effort, [2.0, 5.0])
    kinds = Intervention.EFFORT_LIMIT | Intervention.RATE_LIMIT | Intervention.JOINT_BOUND
    assert passed.interventions == kinds
    assert "shoulder 20 N m beyond its limit" in passed.detail
    assert "shoulder at 1.98 rad: 8 N m toward its bound" in passed.detail


def test_the_rate_is_judged_from_what_was_applied(driver):
    driver.tick([4.0, 0.0])
    driver.tick([8.0, 0.0], q=(2.0, 0.0))
    assert driver.tick([8.0, 0.0]).effort[0] == 4.0


def test_what_was_returned_can_be_changed_without_harm(driver):
    driver.tick([4.0, 0.0]).effort[:] = 100.0
    assert driver.tick([10.0, 0.0]).effort[0] == 8.0


def test_a_new_rollout_does_not_jump_from_the_torque_of_one_that_never_ended(driver):
    driver.tick([4.0, 0.0])
    driver.rollout += 1
    assert driver.tick([-10.0, 0.0]).effort[0] == 0.0


@pytest.mark.parametrize("bad", [[np.nan, 0.0], [np.inf, 0.0], [0.0], []])
def test_a_command_that_cannot_be_applied_becomes_zero_and_ends_the_rollout(driver, bad):
    driver.tick([4.0, 4.0])
    for command in (bad, [1.0, 1.0]):
        refused = driver.tick(command)
        np.testing.assert_array_equal(refused.effort, [0.0, 0.0])
        assert refused.interventions == Intervention.NON_FINITE
    driver.rollout += 1
    assert driver.tick([1.0, 1.0]).effort[0] == 1.0


@pytest.mark.parametrize(
    ("q", "qd", "reason"),
    [
        ((2.06, 0.0), (0.0, 0.0), "shoulder 2.06 rad out of bounds"),
        ((0.0, 0.0), (-4.6, 0.0), "shoulder -4.6 rad/s far over its speed limit"),
    ],
)
def test_a_robot_out_of_bounds_stops(driver, q, qd, reason):
    driver.tick([4.0, 4.0])
    refused = driver.tick([-1.0, 0.0], q, qd)
    np.testing.assert_array_equal(refused.effort, [0.0, 0.0])
    assert (refused.interventions, refused.detail) == (Intervention.JOINT_STOP, reason)


def test_joints_are_watched_between_commands_on_a_robot():
    for between_commands in (True, False):
        driver = Driver(between_commands=between_commands)
        assert driver.joints(q=(2.5, 0.0)) is None  # nothing is under way
        driver.tick([1.0, 0.0])
        driver.stamp += 10 * MS
        stopped = driver.joints(q=(2.5, 0.0))
        assert (stopped is not None) == between_commands
    assert not driver.last().effort.any()


def test_a_command_waits_for_the_joint_state_of_its_stamp(driver):
    driver.tick([1.0, 0.0])
    assert driver.command([2.0, 0.0], stamp=driver.stamp + 50 * MS) is None
    driver.stamp += 50 * MS
    np.testing.assert_array_equal(driver.joints().effort, [2.0, 0.0])


def test_a_joint_state_that_never_comes_ends_the_rollout_within_the_timeout(driver):
    assert driver.command([1.0, 0.0]) is None
    assert driver.guard.check(driver.now + TIMEOUT - 1) is None
    refused = driver.guard.check(driver.now + TIMEOUT)
    assert refused.interventions == Intervention.JOINT_STATE
    expected = "no joint state for the command within 100 ms: no joint state has come yet"
    assert refused.detail == expected


def test_commands_without_joint_states_do_not_postpone_the_timeout(driver):
    driver.tick([4.0, 0.0])
    began = driver.now
    for _ in range(3):
        driver.now += 40 * MS
        driver.stamp += 40 * MS
        assert driver.command([4.0, 0.0]) is None
    refused = driver.guard.check(began + TIMEOUT)
    assert refused.interventions == Intervention.JOINT_STATE
    assert "joint_states is silent" in refused.detail


def test_a_command_that_answers_an_old_state_is_refused(driver):
    driver.tick([4.0, 0.0])
    refused = driver.command([4.0, 0.0], stamp=driver.stamp - 101 * MS)
    assert refused.interventions == Intervention.JOINT_STATE
    assert refused.detail == "the command answers a state 101.0 ms before the newest"


def test_an_old_joint_state_is_no_joint_state(driver):
    driver.joints()
    driver.now += TIMEOUT + 1
    refused = driver.command([1.0, 0.0])
    assert refused.interventions == Intervention.JOINT_STATE
    assert refused.detail == "joint state 100.0 ms old: joint_states is silent"


@pytest.mark.parametrize(
    ("names", "q", "reason"),
    [
        (JOINTS, (np.nan, 0.0), "position of shoulder is nan"),
        (("shoulder", "wrist"), (0.0, 0.0), "lacks elbow"),
    ],
)
def test_a_joint_state_that_cannot_be_used_does_not_count(driver, names, q, reason):
    with pytest.raises(StateError, match=reason):
        driver.guard.on_joints(driver.now, driver.stamp, names, q, (0.0, 0.0))
    assert driver.command([1.0, 0.0]) is None
    assert reason in driver.guard.check(driver.now + TIMEOUT).detail


def test_commands_of_another_rollout_are_not_admitted_while_one_is_under_way(driver):
    assert driver.guard.admits(TorqueCommand(0, 1, 0))
    driver.tick([1.0, 1.0])
    assert driver.guard.admits(TorqueCommand(0, 1, 0))
    assert not driver.guard.admits(TorqueCommand(0, 2, 0))
    driver.last()
    assert driver.guard.admits(TorqueCommand(0, 2, 0))


def test_a_rollout_that_fell_silent_gives_way_to_another(driver):
    driver.tick([1.0, 1.0])
    driver.guard.check(driver.now + TIMEOUT)
    assert driver.guard.admits(TorqueCommand(0, 2, 0))


def test_silence_within_a_rollout_means_zero_once(driver):
    driver.tick([4.0, 0.0])
    assert driver.guard.check(driver.now + TIMEOUT - 1) is None
    refused = driver.guard.check(driver.now + TIMEOUT)
    assert refused.interventions == Intervention.TIMEOUT
    assert refused.detail == "no command for 100 ms"
    assert not refused.effort.any()
    assert driver.guard.check(driver.now + 10 * TIMEOUT) is None
    assert driver.tick([4.0, 0.0]).interventions == Intervention.TIMEOUT  # it comes too late


def test_silence_after_the_last_command_is_no_fault(driver):
    driver.tick([4.0, 0.0])
    ended = driver.last()
    assert (ended.interventions, ended.effort.any()) == (0, False)
    assert driver.guard.check(driver.now + 10 * TIMEOUT) is None


def test_an_emergency_stop_is_zero_at_once_and_for_every_rollout_until_reset(driver):
    driver.tick([4.0, 0.0])
    stopped = driver.guard.stop("button")
    assert stopped.interventions == Intervention.ESTOP
    assert stopped.detail.startswith("emergency stop (button): `pilqr guard reset`")
    for _ in range(2):
        assert driver.tick([4.0, 0.0]).interventions == Intervention.ESTOP
        driver.rollout += 1
    driver.guard.switch.reset()
    assert driver.tick([4.0, 0.0]).interventions == Intervention.DISABLED
    driver.guard.switch.enable()
    driver.rollout += 1
    assert driver.tick([4.0, 0.0]).effort[0] == 4.0


def test_disabling_ends_the_rollout_for_good(driver):
    driver.tick([4.0, 0.0])
    assert driver.guard.disable().interventions == Intervention.DISABLED
    driver.guard.switch.enable()
    assert not driver.tick([4.0, 0.0]).effort.any()


numbers = st.floats(-30, 30) | st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300])
vectors = arrays(np.float64, 2, elements=numbers)
states = arrays(np.float64, 2, elements=st.floats(-3.5, 3.5) | numbers)
actions = st.one_of(
    st.tuples(st.just("tick"), vectors, states, states),
    st.tuples(st.just("tick"), arrays(np.float64, 2, elements=st.floats(-8, 8)),
              arrays(np.float64, 2, elements=st.floats(-1.0, 2.0)),
              arrays(np.float64, 2, elements=st.floats(-2.9, 2.9))),
    st.tuples(st.sampled_from(["last", "stop", "reset", "enable", "disable", "rollout"])),
    st.tuples(st.just("pause"), st.integers(0, 2 * TIMEOUT)),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(actions, max_size=30))
def test_whatever_comes_the_promises_hold(actions):
    """|u|, |du|, finiteness, bounds, speed, silence and the latch, for any history."""
    driver, last, latched = Driver(enabled=True), np.zeros(2), False
    for action, *values in actions:
        latched = (latched or action == "stop") and action != "reset"
        if action == "tick":
            sent, (_, q, qd) = send_anything(driver, *values), values
        else:
            sent, q, qd = [other_action(driver, action, *values)], None, None
        for u in [torque.effort for torque in sent if torque is not None]:
            check_torque(u, last)
            if latched:
                assert not u.any()
            if q is not None and u.any():
                check_joints(u, q, qd)
            last = u


def check_torque(u, last):
    """Limits of torque and rate; only what is taken away may be faster."""
    assert np.isfinite(u).all()
    assert (np.abs(u) <= EFFORT).all()
    slow = np.abs(u - last) <= RATE + 1e-9
    taken_away = (np.abs(u) <= np.abs(last)) & (u * last >= 0)
    assert (slow | taken_away).all()


def check_joints(u, q, qd):
    """No torque beyond a bound or a speed limit, none at all far beyond."""
    assert not (u[q >= UPPER] > 0).any()
    assert not (u[q <= LOWER] < 0).any()
    assert not (u[qd >= SPEED] > 0).any()
    assert not (u[qd <= -SPEED] < 0).any()
    far = (q > UPPER + TOLERANCE) | (q < LOWER - TOLERANCE) | (np.abs(qd) > OVERSPEED * SPEED)
    if far.any():
        assert not u.any()


def send_anything(driver, u, q, qd):
    """Send a joint state, usable or not, and a command; return all that passed."""
    driver.now += 50 * MS
    driver.stamp += 50 * MS
    try:
        sent = [driver.joints(q, qd), driver.command(u)]
    except StateError:
        assert not (np.isfinite(q).all() and np.isfinite(qd).all())
        refused = driver.command(u)
        assert refused is None or not refused.effort.any()
        return [refused]
    return sent


def other_action(driver, action, *values):
    """Do anything but a tick."""
    guard = driver.guard
    if action == "pause":
        was_active = guard.active
        driver.now += values[0]
        passed = guard.check(driver.now)
        assert not (guard.active and was_active and values[0] >= TIMEOUT)
        return passed
    if action == "rollout":
        driver.rollout += 1
        return None
    actions = {
        "last": driver.last,
        "stop": lambda: guard.stop("button"),
        "disable": guard.disable,
    }
    if action in actions:
        return actions[action]()
    getattr(guard.switch, action)()
    return None


def test_a_jump_of_a_joint_ends_the_rollout_whether_a_command_comes_or_not():
    hockey = load_task("hockey")
    options = {"timeout_ns": TIMEOUT, "between_commands": True, "enabled": True}
    guard = build_guard(hockey, **options, joint_jumps=True)
    at, rest = np.array(hockey.conditions[0].start), np.zeros(hockey.dU)
    there = at + np.eye(hockey.dU)[3] * 0.4

    def answer(rollout, stamp, q):
        with suppress(StateError):
            guard.on_joints(stamp, stamp, hockey.joints, q, rest)
        return guard.on_command(stamp, TorqueCommand(stamp, rollout, 0, rest))

    assert answer(1, 10 * MS, at).interventions == Intervention.NONE
    refused = answer(1, 20 * MS, there)
    assert refused.interventions == Intervention.JOINT_STATE
    assert f"{hockey.joints[3]} jumps by 0.4 in 10.0 ms" in refused.detail
    assert answer(2, 1000 * MS, there).interventions == Intervention.NONE  # a gap: a reset
    with pytest.raises(StateError):
        guard.on_joints(1010 * MS, 1010 * MS, hockey.joints, at, rest)
    assert "jumps" in guard.check(1011 * MS).detail
    assert not guard.active


def test_who_else_publishes_to_the_controller_ends_the_rollout_until_it_is_gone(driver):
    driver.tick([1.0, 0.0])
    refused = driver.guard.on_others("/gripper")
    assert refused.interventions == Intervention.OTHER_PUBLISHER
    assert refused.detail == "/gripper publishes to the robot's controller, too: end it"
    assert not refused.effort.any()
    driver.rollout += 1
    assert driver.tick([1.0, 0.0]).interventions == Intervention.OTHER_PUBLISHER
    assert driver.guard.on_others("") is None
    assert driver.tick([1.0, 0.0]).interventions == Intervention.OTHER_PUBLISHER
    driver.rollout += 1
    assert driver.tick([1.0, 0.0]).interventions == Intervention.NONE


@pytest.mark.parametrize("stopped_first", [False, True])
def test_an_emergency_stop_and_whoever_else_publishes_are_both_told(driver, stopped_first):
    guard = driver.guard
    if stopped_first:
        guard.stop("button")
    guard.on_others("/gripper")
    refused = guard.stop("button")
    assert refused.interventions == Intervention.ESTOP | Intervention.OTHER_PUBLISHER
    assert "button" in refused.detail
    assert "/gripper" in refused.detail
    guard.switch.reset()
    guard.switch.enable()
    driver.rollout += 1
    assert driver.tick([1.0, 0.0]).interventions == Intervention.OTHER_PUBLISHER


def test_silence_names_the_devices_that_told_their_joints(driver):
    assert driver.guard.joints.concerns(("elbow", "finger"))
    assert not driver.guard.joints.concerns(("finger",))
    driver.command([1.0, 0.0])
    told = driver.guard.check(driver.now + TIMEOUT).detail
    assert told.endswith("no joint state has come yet, but for those of finger")
