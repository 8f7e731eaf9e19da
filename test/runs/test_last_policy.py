"""The last policy's own evaluation counts before the last iteration's noisy rollouts."""

from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.runs.last_policy import last_policy
from pilqr_ros.runs.rollout_files import save_cost
from pilqr_ros.runs.run_folder import RunFolder

REPORT = {"iteration": 1, "successes": [True, False], "total_costs": [2.0, 4.0],
          "distances": [0.1, 0.3]}  # fmt: skip


def evaluate(folder, name, condition, *successes):
    for number, success in enumerate(successes):
        path = folder.evaluation_directory(name) / f"condition_{condition}"
        path.mkdir(parents=True, exist_ok=True)
        cost = CostReport(np.array([1.0, 2.0]), success=success, distance=0.5, terms={})
        save_cost(path / f"rollout_{number:02d}.cost.npz", cost)


@pytest.fixture
def folder(tmp_path, config):
    """Return a run of two iterations that are finished, of seed 3, in condition 0."""
    folder = RunFolder(tmp_path, config)
    for iteration in range(3):
        directory = folder.condition_directory(iteration, 0)
        directory.mkdir(parents=True)
        (directory / "policy.npz").touch()
    return folder


def test_without_an_evaluation_the_last_iterations_rollouts_count_and_are_called_noisy(folder):
    earlier = {**REPORT, "iteration": 0, "successes": [True, True]}
    found = last_policy(folder, [earlier, REPORT, REPORT])
    assert found == (False, 2, 4, 3.0, 0.2)
    assert found.told == "2/4 noisy"
    assert last_policy(folder, []) is None


def test_the_last_policys_evaluation_counts_where_there_is_one(folder):
    evaluate(folder, "iteration_002_seed_3", 0, True, True, False)
    found = last_policy(folder, [REPORT])
    assert found == (True, 2, 3, 3.0, 0.5)
    assert found.told == "2/3"


def test_other_policies_noise_and_conditions_that_were_not_trained_in_do_not_count(folder):
    evaluate(folder, "iteration_001_seed_3", 0, False)
    evaluate(folder, "iteration_002_seed_3_noisy", 0, False)
    evaluate(folder, "iteration_002_seed_3", 1, False)
    assert not last_policy(folder, [REPORT]).evaluated
    evaluate(folder, "iteration_002_seed_8", 0, True)
    assert last_policy(folder, [REPORT]).told == "1/1"
    evaluate(folder, "iteration_002_seed_3", 0, True, True)
    assert last_policy(folder, [REPORT]).told == "2/2"  # of training's own seed


def test_a_run_that_goes_on_is_not_told_by_what_was_its_last_policy(folder, config):
    evaluate(folder, "iteration_002_seed_3", 0, True)
    longer = RunFolder(folder.directory, replace(config, iterations=4))
    (folder.condition_directory(3, 0)).mkdir(parents=True)
    (folder.condition_directory(3, 0) / "policy.npz").touch()
    assert not last_policy(longer, [REPORT]).evaluated
