import numpy as np
import pytest

from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.evaluation.success_curve import drawn_outcomes, plot_success_curve
from pilqr_ros.guided.network import initial_network
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run


def test_success_is_drawn_over_the_goals_position(task, collector, trainer, tmp_path):
    config = RunConfig("hockey", "mdgps-pilqr", 1, 2, seed=0, conditions=task.guided.conditions)
    store = create_run(tmp_path, task, config)
    store.save_network(0, initial_network(29, (4,), np.eye(7), np.random.default_rng(0)))
    drawn = task.condition_indices(["between"])[:3]
    evaluator = PolicyEvaluator(store, collector, trainer.evaluator)
    with pytest.raises(RunError, match="no evaluation in drawn conditions"):
        plot_success_curve(store)
    evaluator.run(EvaluationConfig(rollouts=1, conditions=drawn))
    found = drawn_outcomes(store)
    assert found.label == "goal.1"
    wanted = [task.conditions[index].targets["goal"][1] for index in drawn]
    np.testing.assert_array_equal(found.position, wanted)
    np.testing.assert_array_equal(found.success, 0.0)
    np.testing.assert_allclose(np.sort(found.trained), [-0.688, 0.312])
    assert plot_success_curve(store).read_bytes().startswith(b"\x89PNG")
