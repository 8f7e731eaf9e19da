from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.learning.refusal import MAX_HALVINGS
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.runs.run_store import create_run


class Dear:
    """An evaluator to whom what some policies do without noise is dear."""

    def __init__(self, task, policies, extra):
        self.evaluator = TaskCostEvaluator(task)
        self.policies = policies
        self.extra = extra

    def evaluate(self, rollout):
        cost = self.evaluator.evaluate(rollout)
        if rollout.noise.any() or not any(_acts(policy, rollout) for policy in self.policies):
            return cost
        return replace(cost, costs=cost.costs + self.extra / len(cost.costs))


class Hasty:
    """A collector to whose guard what a policy does without noise is too fast, in some steps."""

    def __init__(self, collector, policy, steps):
        self.collector = collector
        self.policy = policy
        self.steps = steps

    def collect(self, policy, condition, seed, *, explore, jitter):
        rollout = self.collector.collect(policy, condition, seed, explore=explore, jitter=jitter)
        if explore or not _acts(self.policy, rollout):
            return rollout
        changed = rollout.interventions.copy()
        changed[: self.steps] |= int(Intervention.JOINT_SPEED)
        return replace(rollout, interventions=changed)


def _acts(policy, rollout):
    """Tell whether a rollout is a policy's own, without noise."""
    silent = np.zeros(policy.dU)
    return all(
        np.allclose(rollout.commanded[t], policy.act(t, rollout.states[t], silent), atol=1e-9)
        for t in (0, 40)
    )


@pytest.fixture
def train(tmp_path, task, config, collector):
    """Return a function that trains with policies that are dear by so much."""

    def run(name, policies=(), extra=0.0, collects=collector, **options):
        store = create_run(tmp_path / name, task, replace(config, rollouts=3))
        Trainer(store, collects, Dear(task, policies, extra), **options).run()
        return store

    return run


def costs(store, iteration):
    return [store.cost(iteration, 0, sample).total for sample in range(3)]


def test_a_step_that_costs_more_than_all_rollouts_before_is_taken_back_by_half(train):
    free = train("free")
    (start, _), (end, _) = (free.policy(iteration, 0) for iteration in (0, 1))
    store = train("dear", [end], 1e6)
    np.testing.assert_allclose(store.policy(1, 0)[0].k, 0.5 * (start.k + end.k), atol=1e-12)
    report = store.reports()[1]
    assert report["halvings"] == 1
    assert report["rollouts_invalid"] == 0
    (why,) = report["refusals"]
    assert f"at most {max(costs(store, 0)):.6g}" in why
    kept = {path.name for path in store.directory.glob("iteration_001/condition_0/refused_0/*")}
    assert kept == {"policy.npz", "rollout_02.npz", "rollout_02.cost.npz"}


def test_a_step_that_costs_less_than_the_worst_rollout_before_is_taken(train):
    free = train("free")
    end, worst = free.policy(1, 0)[0], max(costs(free, 0))
    below = 0.999 * worst - free.cost(1, 0, 2).total
    store = train("near", [end], below)
    assert store.reports()[1]["halvings"] == 0
    assert store.cost(1, 0, 2).total == pytest.approx(0.999 * worst)


def interventions(store, iteration):
    rollouts = (store.rollout(iteration, 0, sample) for sample in range(3))
    return [sum(rollout.intervention_counts.values()) for rollout in rollouts]


def test_a_step_at_which_the_guard_steps_in_more_often_than_ever_before_is_taken_back(
    train, collector
):
    free = train("free")
    (start, _), (end, _) = (free.policy(iteration, 0) for iteration in (0, 1))
    most = max(interventions(free, 0))
    store = train("hasty", collects=Hasty(collector, end, most + 1))
    np.testing.assert_allclose(store.policy(1, 0)[0].k, 0.5 * (start.k + end.k), atol=1e-12)
    (why,) = store.reports()[1]["refusals"]
    assert f"steps in {most + 1} times, more than in each of the 3 rollouts" in why
    assert f"(at most {most})" in why


def test_a_step_at_which_the_guard_steps_in_as_often_as_before_is_taken(train, collector):
    free = train("free")
    end, most = free.policy(1, 0)[0], max(interventions(free, 0))
    assert max(interventions(free, 1)) <= most
    store = train("steady", collects=Hasty(collector, end, most))
    assert store.reports()[1]["halvings"] == 0


def test_a_last_policy_that_is_worse_than_all_before_goes_back(train, config):
    free = train("free")
    before, end = (free.policy(config.iterations - back, 0)[0] for back in (1, 0))
    store = train("dear", [end], 1e6)
    last = store.policy(config.iterations, 0)[0]
    np.testing.assert_allclose(last.k, 0.5 * (before.k + end.k), atol=1e-12)
    assert store.is_finished


def test_where_no_part_of_a_step_is_better_the_policy_before_stays(train, monkeypatch):
    free = train("free")
    start = free.policy(0, 0)[0]
    worse = Dear.evaluate

    def all_but_the_first(self, rollout):
        first = rollout.noise.any() or _acts(start, rollout)
        return worse(self, rollout) if first else replace(worse(self, rollout), costs=DEAR)

    DEAR = np.full(len(free.cost(0, 0, 0).costs), 1e4)
    monkeypatch.setattr(Dear, "evaluate", all_but_the_first)
    store = train("none")
    assert store.reports()[1]["halvings"] == MAX_HALVINGS
    np.testing.assert_array_equal(store.policy(1, 0)[0].k, start.k)
