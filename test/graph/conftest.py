from pathlib import Path

import numpy as np
import pytest
from graph_fixtures import *

from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run_in
from pilqr_ros.tasks import load_task


def pytest_collection_modifyitems(items):
    rerun_once_in(Path(__file__).parent, items)


@pytest.fixture
def run(tmp_path):
    """The directory of a run whose first policy could be served."""
    task = load_task("hockey_lightarm")
    config = RunConfig(task.name, "pilqr", 1, 2, 0, (0,))
    store = create_run_in(tmp_path / "run", task, config)
    store.save_policy(0, 0, task.initial_policy(0), np.ones(task.T))
    return store.directory
