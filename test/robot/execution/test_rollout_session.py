"""The executor's state machine on a fake clock."""

import numpy as np
import pytest

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.robot.execution.policy_runner import PolicyRunner
from pilqr_ros.robot.execution.rollout_records import GuardView, RolloutEnd, RolloutTiming
from pilqr_ros.robot.execution.rollout_session import RolloutSession
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.torque_records import AppliedTorque
from pilqr_ros.trajopt.tvlg import TVLGPolicy

MS = 1_000_000
PERIOD = 50 * MS
T = 4
READY = GuardView(found=True, refusal="")
CANCELLED = RolloutEnd("cancelled", ErrorCode.CANCELLED)


def timing(lockstep):
    return RolloutTiming(
        lockstep=lockstep,
        period_ns=PERIOD,
        tick_ns=PERIOD,
        start_timeout_ns=1000 * MS,
        state_timeout_ns=200 * MS,
        tick_tolerance_ns=25 * MS,
        state_age_ns=PERIOD,
    )


class Driver:
    """Plays the rest of the graph."""

    def __init__(self, lockstep=True, not_before=0, guard=READY):
        policy = TVLGPolicy(np.zeros((T, 1, 2)), np.arange(1.0, T + 1)[:, None], np.ones((T, 1, 1)))
        self.now = 0
        self.runner = PolicyRunner(policy, np.zeros((T, 1)), 0, 0)
        self.guard = guard
        self.session = RolloutSession(
            self.runner, timing(lockstep), not_before, 0, lambda: self.guard, rollout_id=8
        )
        self.sent = []

    def take(self, command):
        if command is not None:
            self.sent.append(command)

    def state(self, stamp, fault=""):
        self.take(self.session.on_state(stamp, np.zeros(2), self.now, fault))

    def applied(self, step, interventions=0, detail=""):
        answer = AppliedTorque(np.ones(1), interventions, detail, step=step)
        self.take(self.session.on_applied(answer, self.now))

    def tick(self, now):
        self.now = now
        self.take(self.session.on_tick(now))

    def run_lockstep(self, steps=T):
        for step in range(steps):
            self.state(step * PERIOD)
            self.applied(step)


def test_lockstep_answers_each_state_once_and_ends_with_one_last_command():
    driver = Driver()
    for step in range(T):
        driver.state(step * PERIOD)
        driver.state(step * PERIOD)  # published again while idle
        driver.applied(step)
    driver.state(T * PERIOD)
    assert [command.last for command in driver.sent] == [False] * T + [True]
    assert [command.step for command in driver.sent] == list(range(T + 1))
    assert {command.rollout_id for command in driver.sent} == {8}
    assert [command.effort[0] for command in driver.sent[:-1]] == [1, 2, 3, 4]
    driver.applied(T)
    assert not driver.session.done  # the last command has not reached the world yet
    driver.state(T * PERIOD)
    assert not driver.session.done
    driver.state((T + 1) * PERIOD)
    assert driver.session.done
    rollout = driver.session.rollout()
    assert rollout.valid, rollout.reason
    np.testing.assert_array_equal(rollout.applied, np.ones((T, 1)))


def test_states_from_before_the_reset_are_not_answered():
    driver = Driver(not_before=10 * PERIOD)
    driver.state(9 * PERIOD)
    assert not driver.sent
    driver.state(10 * PERIOD)
    assert len(driver.sent) == 1


def test_a_missing_tick_makes_the_rollout_invalid():
    driver = Driver()
    driver.run_lockstep(2)
    driver.state(3 * PERIOD)
    assert driver.sent[-1].last
    assert "state after step 1 is 100 ms later, expected 50 ms" in driver.session.reason
    assert driver.session.rollout().code is ErrorCode.TOO_LATE


@pytest.mark.parametrize(
    ("cause", "steps", "code"),
    [
        (Intervention.TIMEOUT, 2, ErrorCode.TOO_LATE),
        (Intervention.NON_FINITE, 1, ErrorCode.INVALID_POLICY),
        (Intervention.ESTOP, 3, ErrorCode.EMERGENCY_STOP),
        (Intervention.DISABLED, 3, ErrorCode.TORQUE_DISABLED),
        (Intervention.OTHER_PUBLISHER | Intervention.DISABLED, 1, ErrorCode.OTHER_PUBLISHER),
        (Intervention.JOINT_STATE, 1, ErrorCode.NO_STATE),
        (Intervention.JOINT_STOP | Intervention.EFFORT_LIMIT, 1, ErrorCode.BEYOND_LIMITS),
    ],
)
def test_a_refusal_of_the_guard_ends_the_rollout(cause, steps, code):
    driver = Driver()
    driver.run_lockstep(steps)
    driver.applied(steps - 1, cause, "because")
    assert driver.sent[-1].last
    assert driver.session.reason == f"step {steps - 1}: effort_guard: because"
    assert driver.session.rollout().code is code


def test_a_refused_command_counts_as_answered():
    driver = Driver()
    driver.run_lockstep(1)
    driver.state(PERIOD)
    driver.applied(1, Intervention.ESTOP, "emergency stop")
    driver.applied(2)
    driver.state(2 * PERIOD)
    assert driver.session.done


def test_an_emergency_stop_after_the_last_torque_makes_the_rollout_invalid():
    driver = Driver()
    driver.run_lockstep()
    driver.state(T * PERIOD)
    driver.applied(T - 1, Intervention.ESTOP, "emergency stop")
    driver.applied(T)
    driver.state((T + 1) * PERIOD)
    assert driver.session.done
    assert "emergency stop" in driver.session.rollout().reason


def test_a_state_that_is_not_finite_ends_the_rollout_and_sends_nothing_of_it():
    driver = Driver()
    driver.run_lockstep(1)
    driver.take(driver.session.on_state(PERIOD, np.array([0.0, np.nan]), driver.now))
    assert driver.sent[-1].last
    assert "step 1: state entry 1 is nan" in driver.session.reason
    assert driver.session.rollout().code is ErrorCode.NO_STATE


def test_silence_before_the_first_state_names_who_is_silent():
    driver = Driver()
    driver.tick(1001 * MS)
    assert driver.session.done
    assert "state_estimator or mujoco_bridge is silent" in driver.session.rollout().reason
    assert driver.session.rollout().code is ErrorCode.NO_ANSWER
    assert not driver.sent


def test_silence_within_the_rollout_ends_it_and_then_waits_no_longer():
    driver = Driver()
    driver.run_lockstep(2)
    driver.tick(201 * MS)
    assert driver.sent[-1].last
    driver.tick(402 * MS)
    assert driver.session.done
    assert "no state came after step 1" in driver.session.reason
    assert driver.session.rollout().code is ErrorCode.NO_ANSWER


def test_a_guard_that_does_not_answer_makes_the_rollout_invalid():
    driver = Driver()
    for step in range(T + 1):
        driver.state(step * PERIOD)
    driver.state((T + 1) * PERIOD)
    driver.tick(201 * MS)
    assert driver.session.done
    assert "effort_guard has not told the torque of 4 of 4 steps" in driver.session.reason
    assert driver.session.rollout().code is ErrorCode.NO_ANSWER


def test_cancelling_stops_with_the_last_command():
    driver = Driver()
    driver.run_lockstep(2)
    driver.take(driver.session.stop(CANCELLED, driver.now))
    assert driver.sent[-1].last
    driver.applied(2)
    driver.state(2 * PERIOD)
    assert driver.session.done
    rollout = driver.session.rollout()
    assert (rollout.T, rollout.valid, rollout.reason) == (2, False, "cancelled")
    assert rollout.code is ErrorCode.CANCELLED


def test_cancelling_before_the_first_state_sends_nothing():
    driver = Driver()
    driver.take(driver.session.stop(CANCELLED, 0))
    assert driver.session.done
    assert not driver.sent


def run_real_time(driver, ticks, late=None, stale=None, by=30 * MS):
    for tick in range(ticks):
        now = tick * PERIOD + (late == tick) * by
        if stale != tick:
            driver.now = now - 5 * MS
            driver.state(tick * PERIOD)
        driver.tick(now)
        if driver.sent and not driver.sent[-1].last:
            driver.applied(driver.sent[-1].step)


def test_real_time_acts_on_ticks_only():
    driver = Driver(lockstep=False)
    driver.state(0)
    assert not driver.sent
    run_real_time(driver, T + 1)
    assert [command.last for command in driver.sent] == [False] * T + [True]
    driver.applied(T)
    assert driver.session.done
    assert driver.session.rollout().valid
    assert driver.session.rollout().code is ErrorCode.NONE


@pytest.mark.parametrize(("by", "told"), [(30 * MS, "30.0 ms late"), (-30 * MS, "30.0 ms early")])
def test_a_late_or_early_tick_makes_the_rollout_invalid(by, told):
    driver = Driver(lockstep=False)
    run_real_time(driver, T, late=2, by=by)
    assert driver.sent[-1].last
    assert driver.session.reason == f"the tick of step 2 came {told}"
    assert driver.session.rollout().code is ErrorCode.TOO_LATE


def test_a_stale_state_makes_the_rollout_invalid():
    driver = Driver(lockstep=False)
    run_real_time(driver, T, stale=2)
    assert driver.sent[-1].last
    assert "state of step 2 is 55.0 ms old" in driver.session.reason
    assert driver.session.rollout().code is ErrorCode.NO_STATE


def test_a_guard_that_falls_silent_ends_a_rollout_in_real_time():
    driver = Driver(lockstep=False)
    for tick in range(4):
        driver.now = tick * PERIOD
        driver.state(tick * PERIOD)
        driver.tick(tick * PERIOD)
    assert driver.sent[-1].last
    assert "effort_guard has not told the torque of 3 of 3 steps" in driver.session.reason
    assert driver.session.rollout().code is ErrorCode.NO_ANSWER


def test_a_rollout_in_real_time_records_its_ticks():
    driver = Driver(lockstep=False)
    run_real_time(driver, T + 1)
    driver.applied(T)
    np.testing.assert_array_equal(driver.session.rollout().ticks, PERIOD * np.arange(T))


def test_no_rollout_starts_before_the_guard_is_there():
    driver = Driver(guard=GuardView(found=False, refusal=None))
    driver.state(0)
    assert not driver.sent
    driver.tick(1001 * MS)
    assert driver.session.rollout().reason.startswith("effort_guard is not there")
    assert driver.session.rollout().code is ErrorCode.NO_ANSWER


def test_a_state_that_is_not_valid_ends_a_rollout_in_lockstep_at_once():
    driver = Driver()
    driver.run_lockstep(2)
    driver.state(PERIOD, "joint_states has been silent for 800 ms")
    assert driver.sent[-1].last
    assert driver.session.reason == "step 2: joint_states has been silent for 800 ms"
    assert driver.session.rollout().code is ErrorCode.NO_STATE


def test_a_state_that_is_not_valid_ends_a_rollout_in_real_time_at_the_next_tick():
    driver = Driver(lockstep=False)
    driver.state(0)
    driver.tick(0)
    driver.state(PERIOD // 2, "pose of puck jumps")
    driver.tick(PERIOD)
    assert driver.sent[-1].last
    assert driver.session.reason == "step 1: pose of puck jumps"


@pytest.mark.parametrize("lockstep", [True, False])
def test_a_rollout_does_not_start_from_a_state_that_is_not_valid_and_says_why(lockstep):
    driver = Driver(lockstep=lockstep)
    driver.state(0, "no pose of puck has come yet")
    driver.tick(900 * MS)
    assert not driver.sent
    driver.tick(1001 * MS)
    assert driver.session.reason == "no valid state came: no pose of puck has come yet"
    assert driver.session.rollout().code is ErrorCode.NO_STATE


def test_no_rollout_starts_before_the_guard_has_told_its_state():
    driver = Driver(guard=GuardView(found=True, refusal=None))
    driver.state(0)
    assert not driver.sent
    driver.guard = READY
    driver.state(0)
    assert len(driver.sent) == 1


def test_a_guard_that_lets_nothing_pass_ends_the_rollout_at_once_with_its_reason():
    told = GuardView(True, "disabled until ~/enable", ErrorCode.TORQUE_DISABLED)
    driver = Driver(guard=told)
    driver.state(0)
    driver.tick(10 * MS)
    assert driver.session.done
    reason = driver.session.rollout().reason
    assert reason == "effort_guard lets no torque pass: disabled until ~/enable"
    assert driver.session.rollout().code is ErrorCode.TORQUE_DISABLED
    assert not driver.sent


def test_in_lockstep_a_rollout_begins_right_after_the_reset_or_not_at_all():
    driver = Driver(not_before=5 * PERIOD)
    driver.state(4 * PERIOD)
    driver.state(6 * PERIOD)
    assert driver.session.done
    rollout = driver.session.rollout()
    assert (rollout.valid, rollout.interrupted) == (False, True)
    assert rollout.reason == "the world has moved on by 50 ms since its reset"
    assert driver.session.rollout().code is ErrorCode.TOO_LATE


@pytest.mark.parametrize(
    ("kind", "interrupted"),
    [
        (Intervention.TIMEOUT, True),
        (Intervention.JOINT_STATE, True),
        (Intervention.DISABLED, True),
        (Intervention.ESTOP, True),
        (Intervention.NON_FINITE, False),
        (Intervention.JOINT_STOP, False),
    ],
)
def test_a_refusal_interrupts_unless_policy_or_robot_caused_it(kind, interrupted):
    driver = Driver()
    driver.state(0)
    driver.applied(0, int(kind), "zero")
    rollout = driver.session.rollout()
    assert (rollout.valid, rollout.interrupted) == (False, interrupted)


def test_silence_interrupts():
    driver = Driver()
    driver.run_lockstep(2)
    driver.tick(1000 * MS)
    assert driver.session.rollout().interrupted


def test_a_fault_of_the_robot_does_not_interrupt_whatever_comes_after_it():
    driver = Driver()
    driver.run_lockstep(2)
    fault = RolloutEnd("velocity is 1e9", ErrorCode.ROBOT_FAULT)
    driver.take(driver.session.stop(fault, 0, interrupted=False))
    driver.tick(1000 * MS)
    rollout = driver.session.rollout()
    assert driver.session.done
    assert (rollout.reason, rollout.interrupted) == ("velocity is 1e9", False)
    assert rollout.code is ErrorCode.ROBOT_FAULT
