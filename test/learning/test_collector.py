import time
from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.execution.policy_execution import exploration_noise
from pilqr_ros.simulation.errors import SimulationDiverged
from pilqr_ros.tasks import TaskError


def test_a_rollout_is_a_function_of_its_seed(task, collector):
    policy = task.initial_policy(0)
    first, other, again = (
        collector.collect(policy, 0, seed, explore=True, jitter=True) for seed in (1, 2, 1)
    )
    for name in ("states", "commanded", "applied", "noise"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        assert np.any(getattr(first, name) != getattr(other, name))


def test_stamps_are_one_period_apart(task, collector):
    rollout = collector.collect(task.initial_policy(0), 0, 1, explore=True, jitter=True)
    assert rollout.valid
    assert set(np.diff(rollout.stamps)) == {task.period_ns}


def test_without_exploration_and_jitter_the_arm_rests_at_its_start(task, collector):
    rollout = collector.collect(task.initial_policy(0), 0, 1, explore=False, jitter=False)
    assert not rollout.noise.any()
    assert np.abs(rollout.commanded).max() < 0.05
    assert np.abs(rollout.states - rollout.states[0]).max() < 0.01
    assert not task.success(0, rollout.states).success


def test_the_torque_is_that_of_the_policy_and_what_the_limits_let_through(task, collector):
    policy = task.initial_policy(0)
    loud = replace(policy, L=12 * policy.L)
    rollout = collector.collect(loud, 0, 1, explore=True, jitter=True)
    noise = exploration_noise(task, 1, True)
    expected = [
        loud.act(t, x, xi) for t, (x, xi) in enumerate(zip(rollout.states, noise, strict=True))
    ]
    np.testing.assert_allclose(rollout.commanded, expected, atol=1e-12)
    assert rollout.valid
    assert set(rollout.intervention_counts) >= {"effort_limit", "rate_limit", "joint_bound"}
    assert np.all(np.abs(rollout.applied) <= task.torque_limits)
    changes = np.diff(rollout.applied, axis=0, prepend=0)
    kept = np.abs(rollout.applied) < np.abs(rollout.commanded)  # torque may be taken away at once
    assert np.all((np.abs(changes) <= task.torque_rate_limits + 1e-12) | kept)


def test_the_states_obey_the_robots_motion(task, collector):
    """Positions change by the mean velocity of the period, as far as it is smooth."""
    rollout = collector.collect(task.initial_policy(0), 0, 3, explore=True, jitter=True)
    q, qd = rollout.states[:, :7], rollout.states[:, 7:14]
    predicted = q[:-1] + 0.5 * task.dt * (qd[:-1] + qd[1:])
    assert np.abs(predicted - q[1:]).max() < 0.02


@pytest.mark.parametrize("error", [SimulationDiverged("boom"), StateError("boom")])
def test_a_failure_on_the_way_keeps_the_steps_but_not_as_data(task, collector, error, monkeypatch):
    step, calls = collector._world.step, []

    def failing(effort):
        calls.append(effort)
        if len(calls) == 10:
            raise error
        step(effort)

    monkeypatch.setattr(collector._world, "step", failing)
    rollout = collector.collect(task.initial_policy(0), 0, 1, explore=True, jitter=True)
    assert not rollout.valid
    assert rollout.reason == "boom"
    assert rollout.T == 10


def test_a_start_that_cannot_be_reached_is_an_error(task, collector):
    with pytest.raises(TaskError, match="condition is"):
        collector.collect(task.initial_policy(0), 900, 1, explore=True, jitter=True)


def test_a_rollout_is_far_faster_than_the_robots_five_seconds(task, collector):
    policy, best = task.initial_policy(0), np.inf
    for seed in range(5):
        start = time.process_time()
        collector.collect(policy, 0, seed, explore=True, jitter=True)
        best = min(best, time.process_time() - start)
    print(f"{best * 1e3:.1f} ms a rollout")
    assert best < 0.2
