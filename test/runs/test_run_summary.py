"""How far a run is, told by its directory alone."""

import json

import pytest

from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_summary import RunSummary
from pilqr_ros.tasks import Task

REPORT = {"rollouts": 2, "rollouts_invalid": 0, "total_costs": [1.0, 1.0], "distances": [0.1, 0.1]}


def reported(store, iteration, *successes):
    for condition, each in enumerate(successes):
        report = {**REPORT, "iteration": iteration, "condition": condition, "successes": each}
        store.save_report(iteration, condition, report)


def test_a_run_that_has_just_begun_has_no_success(store, config):
    summary = RunSummary.of(store.directory)
    assert summary.folder.config == config
    assert summary.folder.directory == store.directory
    assert (summary.finished, summary.last, summary.warning) == (0, None, "")


def test_success_is_that_of_the_last_reported_iteration_over_its_conditions(store):
    reported(store, 0, [True, True])
    reported(store, 1, [False, True], [False, False])
    assert RunSummary.of(store.directory).last.told == "1/4 noisy"


def test_a_task_is_not_built_to_tell_how_far_a_run_is(store, monkeypatch):
    def refuse(*_, **__):
        pytest.fail("a task was built")

    reported(store, 0, [True, False])
    models = store.directory / "models"
    for path in models.iterdir():
        path.write_bytes(b"no model")
    monkeypatch.setattr(Task, "__init__", refuse)
    assert RunSummary.of(store.directory).last.successes == 1


def test_a_task_file_that_changed_is_warned_of(store):
    with (store.directory / "task.yaml").open("a") as file:
        file.write("# edited\n")
    expected = f"{store.directory}: task.yaml is not as it was when the run was begun"
    assert RunSummary.of(store.directory).warning == expected


@pytest.mark.parametrize("name", ["run.json", "task.yaml"])
def test_a_directory_without_what_makes_it_a_run_is_none(store, name):
    (store.directory / name).unlink()
    with pytest.raises(RunError, match=name):
        RunSummary.of(store.directory)


def test_iterations_without_end_are_not_counted_through(store):
    path = store.directory / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "iterations": 10**18}))
    reported(store, 0, [True, False])
    assert RunSummary.of(store.directory).last.successes == 1
