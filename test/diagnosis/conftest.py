"""What is known of a training that has learned, and of one that has not: small, made by hand."""

from dataclasses import replace

import numpy as np
import pytest
from training_fixtures import *

from pilqr_ros.diagnosis.evidence import Evidence
from pilqr_ros.learning import InProcessCollector, TaskCostEvaluator

ITERATIONS = 8
ROLLOUTS = 10


def report(iteration, successes, costs, distances, **changes):
    """Return the report of an iteration."""
    return {
        "iteration": iteration,
        "condition": 0,
        "rollouts": ROLLOUTS,
        "rollouts_invalid": 0,
        "total_costs": list(costs),
        "successes": [i < successes for i in range(ROLLOUTS)],
        "distances": list(distances),
        "halvings": 0,
        "update": {"lqr_kl": {"wanted": 1.0, "sampled": 1.2, "largest_excess": 2.0, "at_step": 3}},
        **changes,
    }


@pytest.fixture(scope="session")
def executed(task):
    """Ten rollouts of hockey's first policy with their costs."""
    collector, evaluator = InProcessCollector(task), TaskCostEvaluator(task)
    policy = task.initial_policy(0)
    rollouts = [collector.collect(policy, 0, seed, True, True) for seed in range(ROLLOUTS)]
    return rollouts, [evaluator.evaluate(rollout) for rollout in rollouts]


@pytest.fixture
def healthy(task, executed):
    """A run that learns: rollouts differ, the puck moves, cost and distance fall, all succeed."""
    rng = np.random.default_rng(0)
    rollouts, costs = executed
    puck = task.layout["puck"]
    moved = []
    for i, rollout in enumerate(rollouts):
        states = rollout.states.copy()
        states[50:, puck][:, 0] += 1.4 + 0.01 * i
        moved.append(replace(rollout, states=states, interventions=0 * rollout.interventions))
    judged = [
        replace(
            cost,
            success=True,
            distance=0.05 + 0.001 * i,
            terms={"goal": 400.0 + 9.0 * i, "arm": 3.0 + 0.1 * i, "torque": 0.1 + 0.01 * i},
        )
        for i, cost in enumerate(costs)
    ]
    falls = np.geomspace(7000.0, 500.0, ITERATIONS)
    spread, apart = rng.normal(0, 20, ROLLOUTS), 0.01 * np.arange(ROLLOUTS)
    reports = [
        report(i, ROLLOUTS if i >= 4 else 2, cost + spread, cost / 5000 + apart)
        for i, cost in enumerate(falls)
    ]
    steps = task.T
    update = {
        "status": np.zeros(steps, int),
        "effective_samples": np.full(steps, 6.0),
        "residual_ratio": np.full(steps, 0.4),
    }
    policy = task.initial_policy(0)
    return Evidence(task, 0, reports, policy, policy, moved, judged, [update] * 3)


@pytest.fixture
def failing(healthy):
    """The same run, none of whose recent rollouts succeeds and whose cost has stopped falling."""
    reports = [
        report(i, 0, np.full(ROLLOUTS, 3000.0 + i % 2), np.linspace(0.5, 0.9, ROLLOUTS) - 0.02 * i)
        for i in range(ITERATIONS)
    ]
    judged = [
        replace(cost, success=False, distance=0.5 + 0.02 * i)
        for i, cost in enumerate(healthy.costs)
    ]
    return replace(healthy, reports=reports, costs=judged)
