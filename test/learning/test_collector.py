import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.sampling import in_order
from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.execution.policy_execution import exploration_noise
from pilqr_ros.simulation.errors import SimulationDiverged
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import TaskError, load_task
from pilqr_ros.tasks.config_files import config_names


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
    world = collector._idle[-1].world
    step, calls = world.step, []

    def failing(effort):
        calls.append(effort)
        if len(calls) == 10:
            raise error
        step(effort)

    monkeypatch.setattr(world, "step", failing)
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


def assert_same(one, other):
    """Compare all that a rollout tells; stamps count from its start, as clocks differ."""
    for name in ("states", "commanded", "applied", "noise", "interventions"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(np.diff(one.stamps), np.diff(other.stamps))
    told = [(r.condition, r.seed, r.T, r.valid, r.reason, r.interrupted) for r in (one, other)]
    assert told[0] == told[1]


def of_all_kinds(task):
    """Return arguments for rollouts that run through, are limited, are stopped, or diverge."""
    policy = task.initial_policy(0)
    late = np.arange(task.T)[:, None] > task.T // 3
    kinds = {
        "quiet": replace(policy, L=0.3 * policy.L),
        "loud": replace(policy, L=12 * policy.L),
        "wild": replace(policy, L=60 * policy.L, k=np.where(late, 100.0, policy.k)),
        "absurd": replace(policy, k=np.where(late, 9e5, policy.k), K=1e5 * np.sign(policy.K)),
    }
    return {
        (kind, seed): (each, 0, seed, True, True) for kind, each in kinds.items() for seed in (1, 2)
    }


@pytest.mark.parametrize("name", config_names())
def test_rollouts_executed_at_once_are_those_executed_alone(name, monkeypatch):
    task = load_task(name)
    step = World.step

    def diverging(world, effort):
        """Diverge where the torque says so, as physics would: in the same place each time."""
        if world.data.time > 2.0 and effort[0] > 0.9 * task.torque_limits[0]:
            raise SimulationDiverged("the arm is on its way to the moon")
        step(world, effort)

    monkeypatch.setattr(World, "step", diverging)
    asked = of_all_kinds(task)
    alone = [InProcessCollector(task).collect(*arguments) for arguments in asked.values()]
    shared = InProcessCollector(task)
    jobs = [partial(shared.collect, *arguments) for arguments in asked.values()]
    for rounds in range(2):  # the second one in worlds where others have ended in all ways
        together = list(in_order(jobs[:: 1 - 2 * rounds], 4))
        for one, other in zip(alone, together[:: 1 - 2 * rounds], strict=True):
            assert_same(one, other)
    assert len(shared._idle) > 1
    assert {rollout.valid for rollout in alone} == {True, False}
