"""The measures of an evaluation stand where a user looks, with the worst of its rollouts."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from pilqr_ros.cli import tables
from pilqr_ros.evaluation import measured
from pilqr_ros.evaluation.measured import spreads, stored_spreads
from pilqr_ros.evaluation.policy_card import write_card
from pilqr_ros.evaluation.policy_evaluation import (
    EvaluationConfig,
    PolicyEvaluator,
    evaluated_rollouts,
)
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.report.page import render
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.rollout_files import load_cost, load_sample_cost, save_cost
from pilqr_ros.runs.run_store import create_run

ROLLOUTS = 3


@pytest.fixture
def evaluated(two_joints, config, tmp_path):
    """A run that has an obstacle, its evaluation, and the clearance of each rollout."""

    def edit(content):
        one = {"name": "post", "of": "tip", "geom": "post", "distance": 0.05}
        content["cost"]["obstacles"] = [one]

    post = '<worldbody><geom name="post" size=".01" pos=".1 .3 0" contype="0" conaffinity="0"/>'
    task = two_joints(scene=("<worldbody>", post), edit=edit)
    store = create_run(tmp_path / "runs", task, replace(config, task=task.name, iterations=1))
    collector, evaluator = InProcessCollector(task), TaskCostEvaluator(task)
    Trainer(store, collector, evaluator).run()
    asked = EvaluationConfig(rollouts=ROLLOUTS, explore=True)
    results = PolicyEvaluator(store, collector, evaluator).run(asked)
    (term,) = task.clearances(0)
    kept = [float(term.clearance(one.rollout.states).min()) for one in results]
    assert len(set(kept)) == ROLLOUTS
    return store, asked, kept


def test_a_measure_that_only_some_rollouts_have_is_told_of_those():
    told = spreads([{"a": 1.0}, {"a": -2.0, "b": 5.0}])
    assert told == {"a": (-0.5, -2.0, 1.0), "b": (5.0, 5.0, 5.0)}


def test_an_evaluation_prints_the_least_clearance_of_its_rollouts(evaluated, capsys):
    store, asked, kept = evaluated
    tables.show_measures(store.task, evaluated_rollouts(store, asked))
    told = capsys.readouterr().out
    assert "clearance of post" in told
    assert f"{min(kept):.3f}" in told


def test_no_rollout_is_read_again_for_what_the_evaluation_has_measured(evaluated, monkeypatch):
    store, asked, kept = evaluated

    def read(*_):
        raise AssertionError("a rollout is read")

    monkeypatch.setattr(measured, "load_sample", read)
    found = stored_spreads(store.task, evaluated_rollouts(store, asked))
    assert found == {"clearance of post": (pytest.approx(np.mean(kept)), min(kept), max(kept))}


@pytest.mark.parametrize("stored", [None, {}, {"another": 3.0}])
def test_rollouts_whose_measures_are_not_stored_are_measured_themselves(evaluated, stored):
    store, asked, kept = evaluated
    rollouts = evaluated_rollouts(store, asked)
    path = rollouts[1][1].with_suffix(".cost.npz")
    cost = load_cost(path)
    path.unlink()
    if stored is not None:  # by an earlier version, or of other measures
        save_cost(path, cost, stored)
    (spread,) = stored_spreads(store.task, rollouts).values()
    assert (spread.least, spread.greatest) == (min(kept), max(kept))


def test_damaged_measures_are_named(evaluated):
    store, asked, _ = evaluated
    rollouts = evaluated_rollouts(store, asked)
    path = rollouts[0][1].with_suffix(".cost.npz")
    atomic.write_arrays(path, {**atomic.read_arrays(path), "measures": np.zeros(2)})
    with pytest.raises(RunError, match="1 measure_names have 2 measures"):
        stored_spreads(store.task, rollouts)


def test_a_damaged_file_of_an_evaluation_is_made_anew_by_another_one_not_by_a_training(evaluated):
    store, asked, _ = evaluated
    (_, path), *_ = rollouts = evaluated_rollouts(store, asked)
    cost = path.with_suffix(".cost.npz")
    cost.write_bytes(b"")
    with pytest.raises(RunError, match="delete it and evaluate again"):
        load_sample_cost(cost, store.task.T)
    cost.unlink()
    path.write_bytes(b"")
    with pytest.raises(RunError, match="delete it and evaluate again"):
        stored_spreads(store.task, rollouts)


def test_rollouts_of_an_earlier_and_longer_evaluation_are_not_counted(evaluated, capsys):
    store, asked, kept = evaluated
    tables.show_measures(store.task, evaluated_rollouts(store, replace(asked, rollouts=1)))
    assert capsys.readouterr().out.count(f"{kept[0]:.3f}") == 3  # mean, least and greatest


def test_card_and_report_tell_the_least_clearance(evaluated):
    store, _, kept = evaluated
    text = write_card(store).read_text()
    card = json.loads((store.directory / "policy_card.json").read_text())
    (counted,) = card["evaluations"][0]["conditions"]
    assert counted["measures"]["clearance of post"]["least"] == min(kept)
    assert f"| clearance of post | {sum(kept) / ROLLOUTS:.3f} | {min(kept):.3f} |" in text
    page = render(store, datetime.now(UTC))
    assert f'<td>clearance of post</td><td class="n">{sum(kept) / ROLLOUTS:.3g}</td>' in page
    assert f'<td class="n">{min(kept):.3g}</td>' in page


def test_a_task_without_measures_has_no_table_of_them(task, tmp_path, capsys):
    damaged = tmp_path / "rollout_00.npz"
    damaged.write_bytes(b"none is read")
    tables.show_measures(task, [(0, damaged)])
    assert capsys.readouterr().out == ""
