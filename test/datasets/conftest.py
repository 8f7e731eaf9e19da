"""A run of an arm of two joints that was evaluated, too, with a rollout that failed."""

from dataclasses import replace

import pytest

from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.learning import InProcessCollector, RunConfig, TaskCostEvaluator, Trainer
from pilqr_ros.runs.run_store import create_run


def two_conditions(content):
    content["description"] = "Reach for the target"
    content["conditions"].append({**content["conditions"][0], "name": "low"})
    content["conditions"][1]["targets"] = {"target": [0.1, -0.1, 0]}


@pytest.fixture
def run(two_joints, tmp_path):
    """Two iterations of three rollouts in two conditions, the last policies, two of evaluation."""
    task = two_joints(edit=two_conditions)
    asked = {"iterations": 2, "rollouts": 3, "conditions": (0, 1), "seed": 0}
    store = create_run(tmp_path / "runs", task, RunConfig.for_task(task, "pi2", **asked))
    parts = InProcessCollector(task), TaskCostEvaluator(task)
    Trainer(store, *parts).run()
    PolicyEvaluator(store, *parts).run(EvaluationConfig(rollouts=1, iteration=1))
    failed = replace(store.rollout(0, 0, 0), valid=False, reason="joint j1 was too fast")
    store.save_rollout(0, 0, 0, failed)
    return store
