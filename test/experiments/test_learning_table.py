import numpy as np
import pytest

from pilqr_ros.experiments.comparison import plan, results, run_job
from pilqr_ros.experiments.learning_table import LearningTable, Measured, measure
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import open_run


def test_every_iteration_and_evaluation_of_a_run_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.experiments.comparison.EVALUATION_ROLLOUTS", 2)
    jobs = plan("reacher", ["pilqr"], range(2), tmp_path, iterations=2)
    jobs = [job.__class__(**{**vars(job), "conditions": (0, 3)}) for job in jobs]
    run_job(jobs[0])
    table = measure(jobs, results(jobs))
    store = open_run(jobs[0].directory)
    names = [store.task.conditions[index].name for index in (0, 3)]
    training = table.of("training")
    assert training.places == names
    rows = training.curves("pilqr", names[1])[0]
    reports = [report for report in store.reports() if report["condition"] == 3]
    assert [row.cost for row in rows] == [np.mean(one["total_costs"]) for one in reports]
    assert [row.distance for row in rows] == [np.mean(one["distances"]) for one in reports]
    many = store.config.rollouts
    assert [row.trained_on for row in rows] == [many, 2 * many]
    for phase in ("final", "final-noisy"):
        assert [(row.place, row.trained_on, row.judged) for row in table.of(phase).rows] == [
            (name, 2 * many, 2) for name in names
        ]


def test_a_run_that_is_done_is_told_the_same_without_its_rollouts(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.experiments.comparison.EVALUATION_ROLLOUTS", 1)
    jobs = plan("hockey", ["pi2"], range(1), tmp_path, iterations=1)
    run_job(jobs[0])
    before = measure(jobs, results(jobs))
    large = [path for path in tmp_path.rglob("*.npz") if path.name != "policy.npz"]
    assert large
    for path in large:
        path.unlink()
    assert measure(jobs, results(jobs)) == before
    run_job(jobs[0])  # nothing is left to do


def test_nothing_begun_is_nothing_to_measure(tmp_path):
    with pytest.raises(RunError, match="has begun"):
        measure(plan("hockey", ["pilqr"], range(1), tmp_path), {})


def test_curves_are_by_seed_and_in_order_of_what_was_trained_on():
    def row(seed, trained_on, place="a", variant="pilqr"):
        return Measured(variant, seed, "training", place, trained_on, 1, 0.0, 0.0, 0.0)

    rows = (row(1, 20), row(1, 10), row(0, 10), row(0, 10, place="b"), row(0, 10, variant="pi2"))
    table = LearningTable("task", "distance [m]", rows)
    curves = table.curves("pilqr", "a")
    assert {seed: [one.trained_on for one in found] for seed, found in curves.items()} == {
        0: [10],
        1: [10, 20],
    }
    assert table.variants == ["pilqr", "pi2"]
    assert table.at(["b"]).places == ["b"]
    assert table.at([]) == table
