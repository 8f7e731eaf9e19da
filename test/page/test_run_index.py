"""Finding the rollouts of a run."""

from dataclasses import replace

import pytest

from pilqr_ros.page import run_index
from pilqr_ros.page.run_index import TRAINING, RunIndex, readable
from pilqr_ros.runs.rollout_files import save_cost, save_rollout
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run


@pytest.fixture
def own_run(task, run, tmp_path):
    """A run with two rollouts in one condition, and one that failed in place of the second."""
    config = RunConfig.for_task(task, "pilqr", seed=3, iterations=1, rollouts=2, conditions=(2,))
    store = create_run(tmp_path, task, config)
    for sample in (0, 1):
        store.save_rollout(0, 2, sample, run.rollout(0, 2, sample))
        store.save_cost(0, 2, sample, run.cost(0, 2, sample))
    failed = replace(run.rollout(0, 2, 2), valid=False, reason="a late tick")
    store.save_rollout(0, 2, 1, failed)
    return store


def test_iterations_and_conditions_are_those_with_rollouts(run):
    index = RunIndex(run)
    assert index.iterations() == 2  # the folder after the last one has policies alone
    assert index.conditions(TRAINING, 1) == [0, 2]
    assert index.sources() == [TRAINING]


def test_a_rollout_that_failed_is_listed_with_what_took_its_place(own_run):
    found = RunIndex(own_run).rollouts(TRAINING, 0, 2)
    assert [(one.name, one.valid) for one in found] == [
        ("0", True),
        ("1", True),
        ("1 (invalid 0)", False),
    ]
    assert found[2].rollout().reason == "a late tick"
    assert found[2].cost() is None


def test_rollouts_of_an_evaluation_are_found_by_its_name(own_run, run):
    path = own_run.evaluation_directory("after") / "condition_2" / "rollout_00.npz"
    save_rollout(path, run.rollout(1, 2, 0))
    save_cost(path.with_suffix(".cost.npz"), run.cost(1, 2, 0))
    index = RunIndex(own_run)
    assert index.sources() == [TRAINING, "after"]
    assert index.conditions("after", 0) == [2]
    assert len(index.rollouts("after", 5, 2)) == 1


def test_of_many_rollouts_a_few_are_taken_from_all_over(run):
    index = RunIndex(run)
    assert [one.name for one in index.sample(TRAINING, 0, 0, 2)] == ["0", "2"]
    assert len(index.sample(TRAINING, 0, 0, 40)) == 3


def test_a_run_is_opened_without_reading_any_rollout(run, monkeypatch):
    monkeypatch.setattr(run_index, "load_rollout", lambda path: pytest.fail(f"{path} was read"))
    index = RunIndex(run)
    assert index.iterations() == 2
    assert len(index.rollouts(TRAINING, 1, 0)) == 3


def test_damaged_rollouts_are_left_out(own_run):
    index = RunIndex(own_run)
    first = index.rollouts(TRAINING, 0, 2)[0]
    first.path.write_bytes(b"damaged")
    assert [rollout.seed for rollout, _ in readable(index.sample(TRAINING, 0, 2, 9))] == [
        own_run.rollout(0, 2, 1).seed
    ]
