import hashlib

import numpy as np
import pytest

from pilqr_ros.runs.policy_digest import policy_digest
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run
from pilqr_ros.tasks import load_task


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("local", "iteration_001/condition_1/policy.npz"),
        ("global", "iteration_001/network.npz"),
        ("best", "iteration_001/network.npz"),
    ],
)
def test_it_is_of_the_newest_policy_that_is_meant(tmp_path, kind, file):
    task = load_task("hockey")
    run = create_run(tmp_path, task, RunConfig("hockey", "mdgps-pilqr", 2, 2, 0, (1, 2)))
    for iteration in (0, 1):
        for condition in (1, 2):
            policy = task.initial_policy(condition)
            run.save_policy(iteration, condition, policy, np.ones(task.T), halvings=iteration)
        run.network_path(iteration).write_bytes(f"network {iteration}".encode())
    expected = hashlib.sha256((run.directory / file).read_bytes()).hexdigest()
    assert policy_digest(run, kind, 1) == expected
