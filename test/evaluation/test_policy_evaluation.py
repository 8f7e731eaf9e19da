import json

import numpy as np
import pytest

from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.rollout_files import load_rollout


@pytest.fixture
def evaluator(store, collector, task):
    policy = task.initial_policy(0)
    store.save_policy(0, 0, policy, np.ones(policy.T))
    return PolicyEvaluator(store, collector, TaskCostEvaluator(task))


def test_rollouts_of_an_evaluation_are_stored_and_counted(evaluator, store):
    results = evaluator.run(EvaluationConfig(rollouts=3, seed=5))
    directory = store.evaluation_directory("iteration_000_seed_5")
    stored = load_rollout(directory / "condition_0" / "rollout_02.npz")
    np.testing.assert_array_equal(stored.states, results[2].rollout.states)
    summary = json.loads((directory / "summary.json").read_text())
    assert summary["rollouts"] == 3
    assert summary["successes"] == sum(one.cost.success for one in results)


def test_measures_of_the_task_are_told_by_mean_and_extremes_over_the_rollouts(
    evaluator, store, monkeypatch
):
    monkeypatch.setattr(store.task, "measures", lambda c, x: {"end": float(x[-1, 0])}, raising=True)
    results = evaluator.run(EvaluationConfig(rollouts=2, seed=5))
    folder = store.evaluation_directory("iteration_000_seed_5")
    summary = json.loads((folder / "summary.json").read_text())
    ends = [one.rollout.states[-1, 0] for one in results]
    assert ends[0] != ends[1]
    assert summary["mean_measures"] == pytest.approx({"end": np.mean(ends)})
    assert summary["least_measures"] == {"end": min(ends)}
    assert summary["greatest_measures"] == {"end": max(ends)}


def test_exploration_is_off_unless_asked_for(evaluator):
    quiet = evaluator.run(EvaluationConfig(rollouts=2))
    noisy = evaluator.run(EvaluationConfig(rollouts=2, explore=True))
    assert not np.any(quiet[0].rollout.noise)
    assert np.any(noisy[0].rollout.noise)


def test_starts_are_jittered_and_repeat_with_the_seed(evaluator):
    first = evaluator.run(EvaluationConfig(rollouts=2, seed=1))
    again = evaluator.run(EvaluationConfig(rollouts=2, seed=1))
    np.testing.assert_array_equal(first[1].rollout.states, again[1].rollout.states)
    assert not np.array_equal(first[0].rollout.states[0], first[1].rollout.states[0])


def test_an_invalid_rollout_is_kept_apart_and_drawn_again(evaluator, store, flaky):
    evaluator.collector = flaky(invalid=lambda call: call == 1)
    (result,) = evaluator.run(EvaluationConfig(rollouts=1))
    folder = store.evaluation_directory("iteration_000_seed_0") / "condition_0"
    kept = load_rollout(folder / "rollout_00.invalid_0.npz")
    assert (kept.valid, kept.reason) == (False, "a late tick")
    assert result.rollout.valid
    assert kept.seed != result.rollout.seed == load_rollout(folder / "rollout_00.npz").seed


def test_an_evaluation_gives_up_after_many_invalid_rollouts(evaluator, flaky):
    evaluator.collector = flaky(invalid=lambda call: True)
    with pytest.raises(TrainingError, match=r"rollout 0: 5 rollouts failed .* a late tick"):
        evaluator.run(EvaluationConfig(rollouts=1))


def test_policies_that_are_not_there_are_refused(evaluator):
    with pytest.raises(RunError, match="iteration is 7, expected -1"):
        evaluator.run(EvaluationConfig(iteration=7))
    with pytest.raises(RunError, match="condition is 4, expected one of"):
        evaluator.run(EvaluationConfig(conditions=(4,)))
    with pytest.raises(RunError, match="expected each index once"):
        evaluator.run(EvaluationConfig(conditions=(0, 0)))


def test_rollouts_at_once_are_told_and_summed_up_as_one_after_the_other(evaluator, store):
    told, config = [], EvaluationConfig(rollouts=5, explore=True, seed=2)
    alone = evaluator.run(config)
    folder = store.evaluation_directory("iteration_000_seed_2_noisy")
    summary = (folder / "summary.json").read_text()
    evaluator.at_once = 3
    together = evaluator.run(config, told.append)
    assert told == together
    assert (folder / "summary.json").read_text() == summary
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.rollout.states, other.rollout.states)
        assert one.cost.total == other.cost.total
