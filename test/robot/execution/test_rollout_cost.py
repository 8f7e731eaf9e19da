from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.tasks import TaskError
from pilqr_ros.trajopt.errors import ShapeError


@pytest.fixture
def rollout(task, collector):
    return collector.collect(task.initial_policy(0), 0, 4, explore=True, jitter=True)


@pytest.fixture
def evaluator(task):
    return TaskCostEvaluator(task)


def test_the_cost_is_the_sum_of_its_terms_over_the_applied_torques(evaluator, task, rollout):
    report = evaluator.evaluate(rollout)
    weights = np.array(task.file.cost.torque_weights)
    assert report.costs.shape == (task.T,)
    assert report.total == pytest.approx(sum(report.terms.values()))
    assert report.terms["torque"] == pytest.approx(0.5 * np.sum(rollout.applied**2 @ weights))


def test_distance_and_success_are_judged_at_the_end(evaluator, task, rollout):
    goal = task.conditions[0].targets["goal"]
    states = rollout.states.copy()
    states[-1, task.layout["puck"]] = goal + [0.03, 0.04, 0.0]
    report = evaluator.evaluate(replace(rollout, states=states))
    assert report.success
    assert report.distance == pytest.approx(0.05)
    assert not evaluator.evaluate(rollout).success


def test_a_rollout_of_another_condition_or_size_is_refused(evaluator, rollout):
    with pytest.raises(TaskError, match="condition is 300, expected 0 to 102"):
        evaluator.evaluate(replace(rollout, condition=300))
    with pytest.raises(ShapeError, match=r"states has shape \(100, 20\), expected \(100, 26\)"):
        evaluator.evaluate(replace(rollout, states=rollout.states[:, :20]))
    with pytest.raises(ShapeError, match=r"applied has shape \(100, 6\), expected \(100, 7\)"):
        evaluator.evaluate(replace(rollout, applied=rollout.applied[:, :6]))
