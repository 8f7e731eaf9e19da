"""A log that is written while a training goes on."""

from types import SimpleNamespace

import pytest

from pilqr_ros.cli import training_log
from pilqr_ros.cli.sessions import InProcessSession
from pilqr_ros.cli.training_log import TrainingLog
from pilqr_ros.learning import RunConfig
from pilqr_ros.logs import LogError
from pilqr_ros.tasks import load_task


class Told:
    def __init__(self):
        self.steps, self.closed = [], False

    def write(self, step, values):
        self.steps.append((step, len(values)))

    def close(self):
        self.closed = True


@pytest.fixture
def told(monkeypatch):
    told = Told()
    monkeypatch.setattr(training_log, "open_log", lambda kind, directory, description: told)
    monkeypatch.setattr(training_log, "check_log", lambda kind: None)
    return told


@pytest.fixture
def trained(tmp_path):
    """Return what trains with a log, and takes what was told of it after each sign of life."""
    task = load_task("reacher")
    config = RunConfig.for_task(task, "pilqr", seed=0, iterations=2, rollouts=3, conditions=(0,))

    def train(log, told):
        seen = []

        def on_progress(progress):
            log.on_progress(progress)
            seen.append((progress.iteration, len(told.steps)))

        with log:
            run = InProcessSession(task, tmp_path).train(config, None, on_progress, log.begin)
        return run, seen

    return train


def test_each_iteration_is_told_once_it_is_over(told, trained):
    _, seen = trained(TrainingLog("tensorboard"), told)
    assert {count for iteration, count in seen if iteration == 0} == {0}
    assert {count for iteration, count in seen if iteration == 1} == {1}
    assert [step for step, _ in told.steps] == [1, 2]
    assert told.closed


def test_without_a_kind_nothing_is_told(told, trained):
    trained(TrainingLog(None), told)
    assert not told.steps


def test_a_log_that_fails_ends_with_a_word_and_the_training_goes_on(told, trained, capsys):
    def write(step, values):
        raise ConnectionError("no space left")

    told.write = write
    run, _ = trained(TrainingLog("wandb"), told)
    assert (run / "iteration_001" / "condition_0" / "report.json").is_file()
    said = " ".join("".join(capsys.readouterr()).split())
    assert said.count("no space left") == 1
    assert "`pilqr log` writes it afterwards" in said


def test_a_run_that_is_on_another_machine_is_told_of(told, tmp_path, capsys):
    log = TrainingLog("tensorboard")
    log.begin(tmp_path / "elsewhere")
    log.on_progress(SimpleNamespace(iteration=1))
    assert "the log for tensorboard ends" in " ".join("".join(capsys.readouterr()).split())


def test_a_log_that_there_is_not_is_refused_before_anything_is_trained():
    with pytest.raises(LogError, match="'mlflow'"):
        TrainingLog("mlflow")
