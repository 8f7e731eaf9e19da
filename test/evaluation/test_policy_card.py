import json
from dataclasses import replace

import pytest

from pilqr_ros.evaluation.policy_card import wilson, write_card
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import create_run


@pytest.mark.parametrize(
    ("successes", "rollouts", "low", "high"),
    [(9, 10, 0.596, 0.982), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (81, 100, 0.722, 0.875)],
)
def test_the_interval_is_wilsons(successes, rollouts, low, high):
    """Values from published tables of the Wilson score interval without correction."""
    assert wilson(successes, rollouts) == pytest.approx((low, high), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_card_tells_what_was_trained_and_counted(trainer, store, collector):
    trainer.run()
    PolicyEvaluator(store, collector, trainer.evaluator).run(EvaluationConfig(rollouts=2, seed=9))
    text = write_card(store).read_text()
    card = json.loads((store.directory / "policy_card.json").read_text())
    assert (card["method"], card["iterations"], card["rollouts"]) == ("pilqr", 2, 8)
    assert card["trained_in"] == ["middle"]
    (evaluation,) = card["evaluations"]
    (counted,) = evaluation["conditions"]
    assert (counted["rollouts"], counted["successes"], counted["trained"]) == (2, 0, True)
    assert counted["interval"] == pytest.approx([0.0, 0.658], abs=1e-3)
    assert card["versions"]["numpy"]
    assert "| middle | yes | 0 of 2 | 0.00 to 0.66 |" in text
    assert "puck.x" in text


def test_a_card_tells_units_and_which_distance_was_taken(two_joints, config, tmp_path):
    def edit(content):
        content["success"] = {"of": "q", "minus": "goal", "axes": "j2", "within": 0.1, "at": "any"}
        content["conditions"][0]["targets"]["goal"] = [0.0, 0.1]

    task = two_joints(arm=('<joint name="j2"/>', '<joint name="j2" type="slide"/>'), edit=edit)
    store = create_run(tmp_path / "runs", task, replace(config, task=task.name, iterations=1))
    collector = InProcessCollector(task)
    evaluator = TaskCostEvaluator(task)
    Trainer(store, collector, evaluator).run()
    PolicyEvaluator(store, collector, evaluator).run(EvaluationConfig(rollouts=1))
    text = write_card(store).read_text()
    assert "- Commands: j1 [N m], j2 [N]" in text
    assert r"| mean least distance \[m\] |" in text  # Markdown shows the brackets
