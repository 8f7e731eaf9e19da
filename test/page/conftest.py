import pytest
from browser_fixtures import *
from training_fixtures import *

from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run


@pytest.fixture(scope="session")
def run(task, collector, tmp_path_factory):
    """A run of two iterations with three rollouts in each of two conditions."""
    config = RunConfig.for_task(task, "pilqr", seed=3, iterations=2, rollouts=3, conditions=(0, 2))
    store = create_run(tmp_path_factory.mktemp("runs"), task, config)
    Trainer(store, collector, TaskCostEvaluator(task)).run()
    return store


@pytest.fixture(scope="module")
def server():
    """A page's server; the tests that need it have asked for viser."""
    from pilqr_ros.page.server import open_server

    one = open_server(0)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def gui(server):
    """The controls of a page."""
    return server.gui
