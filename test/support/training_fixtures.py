"""A run of hockey, small enough for a test, and what trains it."""

from dataclasses import replace

import pytest

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.atomic import read_arrays
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run
from pilqr_ros.tasks import load_task


class FlakyCollector:
    """A real collector some of whose rollouts are declared invalid."""

    def __init__(self, collector, invalid):
        self.collector = collector
        self.invalid = invalid
        self.calls = 0
        self.seeds = []

    def collect(self, policy, condition, seed, *, explore, jitter):
        rollout = self.collector.collect(policy, condition, seed, explore=explore, jitter=jitter)
        self.calls += 1
        self.seeds.append(seed)
        if self.invalid(self.calls):
            return replace(rollout, valid=False, reason="a late tick")
        return rollout


@pytest.fixture(scope="session")
def task():
    return load_task("hockey")


@pytest.fixture(scope="session")
def collector(task):
    return InProcessCollector(task)


@pytest.fixture(scope="session")
def arrays_of_run():
    """Return a function that reads every array of a run.

    Stamps count from the rollout's start, as clocks differ.
    """

    def read(directory):
        arrays = {}
        for path in directory.rglob("*.npz"):
            for name, array in read_arrays(path).items():
                since_start = array - array[0] if name == "stamps" else array
                arrays[f"{path.relative_to(directory)}:{name}"] = since_start.tolist()
        return arrays

    return read


@pytest.fixture
def flaky(collector):
    """Return a function that makes a real collector some of whose rollouts are called invalid."""
    return lambda invalid=lambda call: False: FlakyCollector(collector, invalid)


@pytest.fixture
def config():
    return RunConfig("hockey", "pilqr", iterations=2, rollouts=4, seed=3, conditions=(0,))


@pytest.fixture
def store(tmp_path, task, config):
    return create_run(tmp_path, task, config)


@pytest.fixture
def trainer(store, collector, task):
    return Trainer(store, collector, TaskCostEvaluator(task))
