"""Runs of the reacher: one of PILQR in two conditions, and one that trains a network."""

import shutil

import pytest

from pilqr_ros.learning import InProcessCollector, RunConfig, TaskCostEvaluator, Trainer
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.tasks import load_task


def trained(folder, method, **asked):
    task = load_task("reacher")
    config = RunConfig.for_task(task, method, **{"seed": 0, "iterations": 3, **asked})
    store = create_run(folder, task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return store


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A run of two conditions; for reading only."""
    return trained(tmp_path_factory.mktemp("runs"), "pilqr", conditions=(0, 1), rollouts=5)


@pytest.fixture(scope="session")
def pi2_run(tmp_path_factory):
    """A run without a model; for reading only."""
    return trained(tmp_path_factory.mktemp("runs"), "pi2", conditions=(0, 1), rollouts=4)


@pytest.fixture(scope="session")
def guided_run(tmp_path_factory):
    """A run that trains a network; for reading only."""
    pytest.importorskip("torch")
    return trained(tmp_path_factory.mktemp("runs"), "mdgps-pilqr", iterations=1)


@pytest.fixture
def own_run(run, tmp_path):
    """A copy of the run of two conditions."""
    folder = tmp_path / "run"
    shutil.copytree(run.directory, folder)
    return open_run(folder)
