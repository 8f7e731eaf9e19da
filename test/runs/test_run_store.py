import json
from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.rollout_files import load_rollout
from pilqr_ros.runs.run_store import create_run, find_runs, open_run
from pilqr_ros.trajopt.sample_history import SampleRecord


@pytest.fixture
def rollout(task, collector):
    policy = task.initial_policy(0)
    return collector.collect(policy, 0, 2**64 - 1, explore=True, jitter=True)


def test_a_rollout_and_its_cost_come_back_as_they_were(store, task, rollout):
    cost = TaskCostEvaluator(task).evaluate(rollout)
    store.save_rollout(0, 0, 3, rollout)
    store.save_cost(0, 0, 3, cost)
    read = store.rollout(0, 0, 3)
    for name in ("states", "commanded", "applied", "noise", "stamps"):
        np.testing.assert_array_equal(getattr(read, name), getattr(rollout, name))
    assert (read.seed, read.condition, read.valid, read.reason) == (2**64 - 1, 0, True, "")
    assert store.cost(0, 0, 3).terms == cost.terms
    assert store.cost(0, 0, 3).total == cost.total


def damage(path, **changes):
    """Change arrays of a stored file."""
    np.savez(path, **{**atomic.read_arrays(path), **changes})


AGAIN = "delete it and resume: the rollout is executed again with the same seed"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:1000]), "cannot be read"),
        (lambda file: file.write_bytes(b""), "cannot be read"),
        (lambda file: damage(file, states=np.full((100, 26), np.nan)), "states is not finite"),
        (lambda file: damage(file, applied=np.full((100, 7), np.inf)), "applied is not finite"),
        (lambda file: damage(file, states=np.zeros((100, 25))), r"states has shape \(100, 25\)"),
        (lambda file: damage(file, noise=np.zeros((100, 6))), r"noise has shape \(100, 6\)"),
        (lambda file: damage(file, commanded=np.zeros((99, 7))), "commanded"),
        (lambda file: damage(file, commanded=np.full((100, 7), "x")), "commanded holds <U1"),
        (lambda file: damage(file, seed=np.zeros(3)), "seed holds float64"),
        (lambda file: damage(file, seed="abc"), "seed holds <U3"),
        (lambda file: damage(file, condition=1), "it is of condition 1, expected 0"),
        (lambda file: damage(file, valid=False, reason="a late tick"), "not valid: a late tick"),
    ],
)
def test_a_damaged_rollout_is_named_with_what_to_do_and_left_as_it_is(store, rollout, change, what):
    store.save_rollout(0, 0, 3, rollout)
    path = store.directory / "iteration_000/condition_0/rollout_03.npz"
    change(path)
    left = path.read_bytes()
    with pytest.raises(RunError, match=rf"rollout_03\.npz.*{what}.*{AGAIN}"):
        store.rollout(0, 0, 3)
    assert path.read_bytes() == left


@pytest.mark.parametrize("costs", [np.zeros(99), np.full(100, np.nan), np.full(100, "x")])
def test_a_damaged_cost_is_named_with_what_to_do(store, task, rollout, costs):
    store.save_cost(0, 0, 3, TaskCostEvaluator(task).evaluate(rollout))
    damage(store.directory / "iteration_000/condition_0/rollout_03.cost.npz", costs=costs)
    with pytest.raises(RunError, match=r"rollout_03\.cost\.npz.*delete it and resume"):
        store.cost(0, 0, 3)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"condition": 1}, "it is of condition 1, expected 0"),
        ({"states": np.zeros((100, 3))}, r"states has shape \(100, 3\), expected \(100, "),
    ],
)
def test_a_rollout_of_something_else_is_not_stored(store, rollout, changes, what):
    other = replace(rollout, **changes)
    with pytest.raises(RunError, match=f"a rollout of hockey does not fit: {what}"):
        store.save_rollout(0, 0, 3, other)
    assert not list(store.directory.rglob("rollout_*"))
    store.save_rollout(0, 0, 3, replace(other, valid=False, reason="ended early"))
    assert store.failure(0, 0, 3) == "ended early"


def test_a_failed_rollout_never_takes_the_place_of_another(store, rollout):
    """Also where somebody has deleted one of them."""
    failed = [replace(rollout, valid=False, reason=f"reason {i}") for i in range(3)]
    for one in failed[:2]:
        store.save_rollout(0, 0, 3, one)
    folder = store.directory / "iteration_000/condition_0"
    (folder / "rollout_03.invalid_0.npz").unlink()
    store.save_rollout(0, 0, 3, failed[2])
    kept = {load_rollout(path).reason for path in folder.glob("rollout_03.invalid_*.npz")}
    assert kept == {"reason 1", "reason 2"}
    assert store.attempts(0, 0, 3) == 3
    assert store.failure(0, 0, 3) == "reason 2"


SAMPLED = ((2, 3, 3), (3, 3, 3), (2, 3), (2, 3))
"""Shapes of the samples of 2 rollouts, 3 steps and 3 joints."""


def test_what_the_last_updates_explored_comes_back_oldest_first(store):
    stored = [
        SampleRecord(*(np.random.default_rng(i).standard_normal(shape) for shape in SAMPLED))
        for i in range(4)
    ]
    for iteration, samples in enumerate(stored):
        store.save_sample_record(iteration, 0, samples)
    read = store.sample_records(3, 0, 2)
    assert len(read) == 2
    for one, other in zip(read, stored[1:3], strict=True):
        for name, array in vars(one).items():
            np.testing.assert_array_equal(array, getattr(other, name))
    assert store.sample_records(1, 0, 5)[0].total.tolist() == stored[0].total.tolist()
    assert store.sample_records(0, 0, 5) == []


def test_a_file_that_is_no_exploration_is_refused_by_name(store):
    store.save_sample_record(0, 0, SampleRecord(*(np.zeros(shape) for shape in SAMPLED)))
    path = store.directory / "iteration_000" / "condition_0" / "exploration.npz"
    np.savez(path, noise=np.zeros(3))
    with pytest.raises(RunError, match=r"exploration\.npz: noise holds float64 of shape \(3,\)"):
        store.sample_records(1, 0, 1)


def test_what_is_not_there_yet_is_none(store):
    assert store.rollout(0, 0, 0) is None
    assert store.cost(0, 0, 0) is None
    assert store.iterations_finished == 0


def test_a_run_opens_with_task_and_config_as_created(store, config, task):
    opened = open_run(store.directory)
    assert opened.config == config
    assert opened.task.source == task.source


def test_two_runs_of_one_second_get_two_directories(tmp_path, task, config):
    directories = {create_run(tmp_path, task, config).directory for _ in range(3)}
    assert len(directories) == 3
    assert set(find_runs(tmp_path)) == directories


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"is no run: it has no run\.json"):
        open_run(tmp_path)


def test_a_run_of_another_format_is_refused(store):
    path = store.directory / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(RunError, match="format 99 is not supported, expected 1"):
        open_run(store.directory)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda run: run.pop("seed"), r"run\.json: seed: is missing"),
        (
            lambda run: run.update(iterations="many"),
            r"run\.json: iterations: is 'many', must be a whole number",
        ),
        (
            lambda run: run.update(conditions=[0, "b"]),
            r"run\.json: conditions\[1\]: is 'b', must be a whole number",
        ),
    ],
)
def test_a_run_that_misstates_a_key_is_refused_by_name(store, edit, message):
    path = store.directory / "run.json"
    description = json.loads(path.read_text())
    edit(description)
    path.write_text(json.dumps(description))
    with pytest.raises(RunError, match=f"(?i){message}"):
        open_run(store.directory)


def test_a_file_that_lacks_an_array_is_refused_by_name(store, rollout):
    path = store.directory / "odd.npz"
    np.savez(path, states=rollout.states)
    with pytest.raises(RunError, match=r"odd\.npz lacks the array"):
        load_rollout(path)
