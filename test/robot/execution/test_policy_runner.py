import numpy as np
import pytest

from pilqr_ros.robot.execution.errors import RolloutAborted
from pilqr_ros.robot.execution.policy_runner import PolicyRunner
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.torque_records import AppliedTorque
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.tvlg import TVLGPolicy

T, DX, DU, PERIOD = 5, 3, 2, 50_000_000


@pytest.fixture
def policy():
    rng = np.random.default_rng(0)
    L = np.tril(rng.normal(size=(T, DU, DU)))
    return TVLGPolicy(K=rng.normal(size=(T, DU, DX)), k=rng.normal(size=(T, DU)), L=L)


@pytest.fixture
def noise():
    return np.random.default_rng(1).normal(size=(T, DU))


@pytest.fixture
def runner(policy, noise):
    return PolicyRunner(
        policy, noise, 2, 9, joints=["pan", "lift"], labels=["a", "b", "c"], period_ns=PERIOD
    )


def states():
    return np.random.default_rng(2).normal(size=(T, DX))


def run(runner, steps=T, period=PERIOD, interventions=None):
    for t in range(steps):
        u = runner.act(1000 + t * period, states()[t])
        runner.record_applied(
            AppliedTorque(0.5 * u, (interventions or {}).get(t, Intervention.NONE), step=t)
        )


def test_torques_are_the_policys_under_the_recorded_noise(runner, policy, noise):
    run(runner)
    rollout = runner.rollout()
    x = states()
    expected = np.einsum("tux,tx->tu", policy.K, x) + policy.k
    expected += np.einsum("tuv,tv->tu", policy.L, noise)
    np.testing.assert_allclose(rollout.commanded, expected, rtol=1e-12)
    np.testing.assert_array_equal(rollout.applied, 0.5 * rollout.commanded)
    np.testing.assert_array_equal(rollout.states, x)
    np.testing.assert_array_equal(rollout.noise, noise)
    np.testing.assert_array_equal(rollout.stamps, 1000 + PERIOD * np.arange(T))
    assert (rollout.condition, rollout.seed) == (2, 9)
    assert rollout.valid
    assert rollout.reason == ""


def test_it_counts_its_steps(runner):
    assert not runner.finished
    run(runner)
    assert runner.finished
    with pytest.raises(RolloutAborted, match="step 5: the policy has only 5 steps"):
        runner.act(10**12, np.zeros(DX))


def test_a_state_that_is_not_finite_aborts_naming_step_and_entry(runner):
    run(runner, 2)
    with pytest.raises(RolloutAborted, match="step 2: state b is nan"):
        runner.act(10**12, np.array([0.0, np.nan, 0.0]))
    assert runner.step == 2


def test_a_torque_that_is_not_finite_aborts_naming_step_and_joint(policy):
    noise = np.zeros((T, DU))
    noise[1, 1] = np.inf
    L = np.tile(np.eye(DU), (T, 1, 1))
    finite = TVLGPolicy(policy.K, policy.k, L)
    runner = PolicyRunner(finite, noise, 0, 0, joints=["pan", "lift"])
    runner.act(0, np.zeros(DX))
    with np.errstate(invalid="ignore"), pytest.raises(RolloutAborted, match=r"step 1: torque of"):
        runner.act(1, np.zeros(DX))


def test_an_absurd_torque_aborts_naming_step_and_joint_and_a_saturated_one_does_not(policy, noise):
    limits, k = np.array([2.0, 3.0]), policy.k.copy()
    k[0, 1], k[1, 1] = 1000.0 * limits[1], 1e8
    strong = TVLGPolicy(policy.K, k, policy.L)
    runner = PolicyRunner(strong, noise, 0, 0, joints=["pan", "lift"], torque_limits=limits)
    run(runner, 1)
    with pytest.raises(RolloutAborted, match=r"step 1: torque of lift is 1e\+08 N m, more than"):
        runner.act(2 * PERIOD, np.zeros(DX))


def test_stamps_that_do_not_increase_abort(runner):
    run(runner, 1)
    with pytest.raises(RolloutAborted, match="step 1: stamp 1000 ns does not follow 1000 ns"):
        runner.act(1000, np.zeros(DX))


def test_a_late_tick_makes_the_rollout_invalid(runner):
    run(runner, 4)
    runner.act(1000 + 5 * PERIOD, states()[4])
    runner.record_applied(AppliedTorque(np.zeros(DU), Intervention.NONE, step=4))
    rollout = runner.rollout()
    assert not rollout.valid
    assert rollout.reason == "step 4: 100.0 ms after the last, period 50.0 ms"


def test_ticks_are_recorded_where_there_are_any(policy, noise):
    runner = PolicyRunner(policy, noise, 0, 0)
    for t in range(3):
        runner.act(1000 + t, states()[t], tick_ns=7 * t)
    np.testing.assert_array_equal(runner.rollout("ended").ticks, [0, 7, 14])


def test_without_a_period_no_tick_is_late(policy, noise):
    runner = PolicyRunner(policy, noise, 0, 0)
    run(runner, period=10**10)
    assert runner.rollout().valid


REFUSALS = [
    Intervention.TIMEOUT,
    Intervention.NON_FINITE,
    Intervention.JOINT_STOP,
    Intervention.JOINT_STATE,
    Intervention.DISABLED,
    Intervention.ESTOP,
]


@pytest.mark.parametrize("cause", REFUSALS)
def test_a_command_that_was_refused_aborts_with_the_reason(runner, cause):
    run(runner, 2)
    runner.act(10**12, np.zeros(DX))
    with pytest.raises(RolloutAborted, match="step 2: effort_guard: because"):
        runner.record_applied(AppliedTorque(np.zeros(DU), cause, "because", step=2))


def test_a_refusal_after_the_torque_keeps_what_was_applied(runner):
    run(runner, 2)
    applied = runner.rollout().applied[1]
    with pytest.raises(RolloutAborted):
        runner.record_applied(AppliedTorque(np.zeros(DU), Intervention.TIMEOUT, "silence", step=1))
    rollout = runner.rollout("silence")
    np.testing.assert_array_equal(rollout.applied[1], applied)
    assert rollout.intervention_counts == {"timeout": 1}


def test_limits_are_counted_by_kind_and_allowed(runner):
    both = Intervention.EFFORT_LIMIT | Intervention.RATE_LIMIT
    run(runner, interventions={1: Intervention.EFFORT_LIMIT, 3: both})
    rollout = runner.rollout()
    assert rollout.valid
    np.testing.assert_array_equal(rollout.interventions, [0, 1, 0, 3, 0])
    assert rollout.intervention_counts == {"effort_limit": 2, "rate_limit": 1}


@pytest.mark.parametrize(("allowed", "valid"), [(0.4, True), (0.39, False)])
def test_a_rollout_kept_from_bounds_too_often_is_invalid(policy, noise, allowed, valid):
    runner = PolicyRunner(policy, noise, 0, 0, max_fraction_limited=allowed)
    run(runner, interventions={1: Intervention.JOINT_BOUND, 2: Intervention.JOINT_SPEED})
    rollout = runner.rollout()
    assert rollout.valid == valid
    if not valid:
        assert (
            rollout.reason == "joint_bound and joint_speed cut the torque in 2 steps, allowed: 1.95"
        )


def test_saturated_motors_are_no_reason_for_invalidity(policy, noise):
    runner = PolicyRunner(policy, noise, 0, 0, max_fraction_limited=0.0)
    run(runner, interventions=dict.fromkeys(range(T), Intervention.EFFORT_LIMIT))
    assert runner.rollout().valid


def test_a_step_nobody_told_about_makes_the_rollout_invalid(runner):
    for t in range(T):
        runner.act(1000 + t * PERIOD, states()[t])
        if t != 2:
            runner.record_applied(AppliedTorque(np.zeros(DU), Intervention.NONE, step=t))
    assert runner.rollout().reason == "step 2: nobody told what was applied"


def test_what_was_done_until_a_failure_is_kept(runner):
    run(runner, 3)
    rollout = runner.rollout(failure="motion capture is silent")
    assert rollout.T == 3
    assert (rollout.valid, rollout.reason) == (False, "motion capture is silent")
    assert runner.rollout().reason == "ended at step 3 of 5"


def test_the_record_of_an_unknown_step_is_refused(runner):
    run(runner, 2)
    for step in (-1, 2):
        with pytest.raises(RolloutAborted, match="never commanded"):
            runner.record_applied(AppliedTorque(np.zeros(DU), Intervention.NONE, step=step))


def test_wrong_shapes_are_refused(policy, runner):
    with pytest.raises(ShapeError, match=r"noise has shape \(4, 2\), expected \(5, 2\)"):
        PolicyRunner(policy, np.zeros((4, 2)), 0, 0)
    with pytest.raises(ShapeError, match=r"x has shape \(4,\), expected \(3,\)"):
        runner.act(0, np.zeros(4))
