"""A run's numbers in TensorBoard's own files, and as Weights & Biases is told them."""

import shutil
import struct
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from pilqr_ros.learning import InProcessCollector, RunConfig, TaskCostEvaluator, Trainer
from pilqr_ros.logs import KINDS, LogError, RunLogger, check_log, open_log, run_logger
from pilqr_ros.runs.report_file import load_report
from pilqr_ros.runs.run_store import create_run
from pilqr_ros.tasks import load_task


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    task = load_task("reacher")
    asked = {"seed": 0, "iterations": 2, "rollouts": 4, "conditions": (0, 1)}
    store = create_run(
        tmp_path_factory.mktemp("runs"), task, RunConfig.for_task(task, "pilqr", **asked)
    )
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return store


@pytest.fixture
def log(store):
    """Return what writes the run's log for TensorBoard."""

    def write():
        log = open_log("tensorboard", store.directory, {"seed": 0})
        RunLogger(store, log).close()

    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    yield write
    shutil.rmtree(store.directory / "tensorboard", ignore_errors=True)


def events(folder):
    """Yield the events of the files of a folder: each is its length, a sum, itself, and a sum."""
    from tensorboardX.proto.event_pb2 import Event

    for path in sorted(folder.glob("events.out.tfevents.*")):
        data, at = path.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            yield Event.FromString(data[at + 12 : at + 12 + length])
            at += 16 + length


def logged(folder):
    """Return each number by its name and step."""
    found = [
        ((value.tag, event.step), value.simple_value)
        for event in events(folder)
        for value in event.summary.value
        if value.HasField("simple_value")
    ]
    assert len(dict(found)) == len(found), "each number once"
    return dict(found)


def test_tensorboard_has_the_numbers_of_every_report(store, log):
    log()
    found, reports = logged(store.directory / "tensorboard"), store.reports()
    assert len(reports) == 4
    for report in reports:
        name = store.task.conditions[report["condition"]].name.replace(" ", "_")
        step = report["iteration"] + 1
        for quantity, expected in (
            ("mean_cost", np.mean(report["total_costs"])),
            ("success_rate", np.mean(report["successes"])),
            ("seconds_updating", report["seconds_updating"]),
        ):
            assert found[f"{quantity}/{name}", step] == pytest.approx(expected, rel=1e-6)
    assert {step for _, step in found} == {1, 2}


def test_a_log_that_is_written_again_has_no_number_twice(store, log):
    log()
    first = logged(store.directory / "tensorboard")
    log()
    assert logged(store.directory / "tensorboard") == first


def test_each_report_is_read_once_however_often_there_are_new_ones(store, monkeypatch):
    read = []

    def counted(path, conditions):
        read.append(path)
        return load_report(path, conditions)

    monkeypatch.setattr(run_logger, "load_report", counted)
    logger = RunLogger(store, SimpleNamespace(write=lambda step, values: None))
    for _ in range(3):
        logger.update()
    assert sorted(read) == store.report_paths()


class Told:
    """Takes what a log is told."""

    def __init__(self):
        self.steps, self.closed = [], False

    def write(self, step, values):
        self.steps.append((step, dict(values)))

    def close(self):
        self.closed = True


def test_what_was_told_is_not_told_again(store):
    told = Told()
    logger = RunLogger(store, told)
    logger.update()
    assert [step for step, _ in told.steps] == [1, 1, 2, 2]
    logger.close()
    assert len(told.steps) == 4
    assert told.closed


def test_wandb_is_told_the_same_and_sends_nothing_unless_asked(store, monkeypatch):
    told, asked = [], {}
    run = SimpleNamespace(
        log=lambda values, step: told.append((step, values)), finish=lambda: told.append("finish")
    )

    def init(**given):
        asked.update(given)
        return run

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init, __spec__=object()))
    monkeypatch.delitem(sys.modules, "pilqr_ros.logs.wandb_log", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    RunLogger(store, open_log("wandb", store.directory, {"seed": 0})).close()
    monkeypatch.delitem(sys.modules, "pilqr_ros.logs.wandb_log")
    assert asked["mode"] == "offline"
    assert asked["config"] == {"seed": 0}
    expected = Told()
    RunLogger(store, expected).update()
    assert told == [*expected.steps, "finish"]


def test_a_log_that_cannot_be_written_is_refused_by_name(monkeypatch):
    with pytest.raises(LogError, match="'mlflow', allowed is one of tensorboard, wandb"):
        check_log("mlflow")
    monkeypatch.setitem(KINDS, "wandb", "no_such_library")
    with pytest.raises(LogError, match="no_such_library, which is not installed"):
        check_log("wandb")
