import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest
import yaml

from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.learning.refusal import MAX_HALVINGS, network_between
from pilqr_ros.learning.sampling import MAX_ATTEMPTS
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs import atomic
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.runs.transfer import begin_run
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.settings import Settings

REASON = "j1 is 0.2 rad beyond its bound"


class Guarded:
    """A real collector that ends the rollouts of some policies, as the guard does."""

    def __init__(self, collector, refuses):
        self.collector = collector
        self.refuses = refuses
        self.calls = 0

    def collect(self, policy, condition, seed, *, explore, jitter):
        self.calls += 1
        rollout = self.collector.collect(policy, condition, seed, explore=explore, jitter=jitter)
        if self.refuses(policy, condition):
            return replace(rollout, valid=False, reason=REASON)
        return rollout


class Ended(BaseException):
    """What a test ends a training with, as a kill does."""


@pytest.fixture
def small(config):
    return replace(config, rollouts=2)


@pytest.fixture
def undisturbed(tmp_path, task, small, collector):
    store = create_run(tmp_path / "undisturbed", task, small)
    Trainer(store, collector, TaskCostEvaluator(task)).run()
    return store


@pytest.fixture
def train(tmp_path, task, small, collector):
    """Return a function that trains with a collector that refuses policies; it may be resumed."""

    def run(refuses, *, directory=None, name="run", **options):
        resumed = directory is not None
        store = open_run(directory) if resumed else create_run(tmp_path / name, task, small)
        trainer = Trainer(store, Guarded(collector, refuses), TaskCostEvaluator(task), **options)
        try:
            trainer.run()
        finally:
            run.store = store
        return store

    return run


def farther_than(share, undisturbed):
    """Refuse what has gone farther than a share of the first update's step."""
    start, end = (undisturbed.policy(iteration, 0)[0].k for iteration in (0, 1))
    longest = share * np.linalg.norm(end - start)
    return lambda policy, condition: np.linalg.norm(policy.k - start) > longest


def only_second_iteration(refuses, undisturbed):
    """Refuse by a rule, but only within the step of the first update."""
    start, end = (undisturbed.policy(iteration, 0)[0].k for iteration in (0, 1))

    def decide(policy, condition):
        along = np.linalg.norm(policy.k - start) + np.linalg.norm(end - policy.k)
        return refuses(policy, condition) and along < 1.001 * np.linalg.norm(end - start)

    return decide


def folder(store, iteration=1, condition=0):
    return store.directory / f"iteration_{iteration:03d}" / f"condition_{condition}"


def test_a_refused_step_is_halved_until_the_robot_takes_it(train, undisturbed):
    told = []
    rule = only_second_iteration(farther_than(0.3, undisturbed), undisturbed)
    store = train(rule, on_progress=told.append)
    (start, _), (end, multiplier) = (undisturbed.policy(iteration, 0) for iteration in (0, 1))
    taken, shrunk = store.policy(1, 0)
    for name in ("K", "k", "covariance"):
        expected = 0.75 * getattr(start, name) + 0.25 * getattr(end, name)
        np.testing.assert_allclose(getattr(taken, name), expected, atol=1e-12)
    np.testing.assert_allclose(shrunk, multiplier / 16, rtol=1e-12)
    report = store.reports()[1]
    assert report["halvings"] == 2
    assert report["rollouts_invalid"] == 2 * MAX_ATTEMPTS
    assert all(REASON in reason for reason in report["refusals"])
    assert store.reports()[0]["halvings"] == 0
    assert any(f"step halved 2 of {MAX_HALVINGS} times" in one.waiting_for for one in told)
    assert told[-1].waiting_for == ""


def test_what_is_learned_from_is_of_the_policy_that_was_taken(train, undisturbed):
    store = train(only_second_iteration(farther_than(0.3, undisturbed), undisturbed))
    policy, _ = store.policy(1, 0)
    for sample in range(2):
        rollout = store.rollout(1, 0, sample)
        for t in (0, 50):
            action = policy.act(t, rollout.states[t], rollout.noise[t])
            np.testing.assert_allclose(rollout.commanded[t], action, atol=1e-12)


def test_the_last_policy_is_executed_once_without_noise_and_goes_back_if_it_is_refused(
    train, undisturbed, small
):
    last = small.iterations
    tried = undisturbed.rollout(last, 0, 0)
    assert tried is not None
    assert not tried.noise.any()
    assert undisturbed.rollout(last, 0, 1) is None
    assert undisturbed.is_finished
    before, updated = (undisturbed.policy(last - back, 0)[0] for back in (1, 0))
    told = []
    store = train(
        lambda policy, condition: np.array_equal(policy.k, updated.k), on_progress=told.append
    )
    assert any("step halved 1 of" in one.waiting_for for one in told)
    assert told[-1].waiting_for == ""
    assert store.iterations_finished == last
    assert store.reports() == [
        report | {name: ANY for name in ("seconds_collecting", "seconds_updating")}
        for report in undisturbed.reports()
    ]
    policy, _ = store.policy(last, 0)
    np.testing.assert_allclose(policy.k, 0.5 * (before.k + updated.k))
    assert store.rollout(last, 0, 0).valid
    (store.condition_directory(last, 0) / "rollout_00.npz").unlink()
    assert not store.is_finished


def test_the_refused_policy_and_all_its_rollouts_are_kept_apart(train, undisturbed):
    end, calls = undisturbed.policy(1, 0)[0], []

    def second_rollout_of_full_step(policy, condition):
        if not np.array_equal(policy.k, end.k):
            return False
        calls.append(policy)
        return len(calls) > 1

    store = train(second_rollout_of_full_step)
    kept = folder(store) / "refused_0"
    names = {path.name for path in kept.iterdir()}
    failed = {f"rollout_00.invalid_{i}.npz" for i in range(MAX_ATTEMPTS)}
    assert names == {"policy.npz", "rollout_01.npz", "rollout_01.cost.npz", *failed}
    refused = atomic.read_arrays(kept / "policy.npz")
    np.testing.assert_array_equal(refused["k"], end.k)
    assert REASON in str(refused["reason"])
    seeds = {int(atomic.read_arrays(path)["seed"]) for path in kept.glob("rollout_0?.npz")}
    assert seeds.isdisjoint({store.rollout(1, 0, sample).seed for sample in range(2)})


def test_the_last_resort_is_the_accepted_policy_itself(train, undisturbed):
    start = undisturbed.policy(0, 0)[0]
    rule = only_second_iteration(
        lambda policy, condition: not np.array_equal(policy.k, start.k), undisturbed
    )
    store = train(rule)
    taken, multiplier = store.policy(1, 0)
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(start, name))
    assert store.reports()[1]["halvings"] == MAX_HALVINGS
    assert multiplier.min() >= Settings().step_rule.multiplier_min


def test_a_robot_that_takes_nothing_any_more_ends_the_training_and_is_tried_again(train):
    attempts = []

    def broken(policy, condition):
        attempts.append(policy)
        return len(attempts) > 2

    with pytest.raises(TrainingError, match=r"not even the policy that was accepted before"):
        train(broken)
    assert len(attempts) == 2 + (MAX_HALVINGS + 1) * MAX_ATTEMPTS
    repaired = train(lambda policy, condition: False, directory=train.store.directory)
    assert repaired.iterations_finished == 2
    assert repaired.reports()[1]["halvings"] == MAX_HALVINGS


def test_a_first_policy_that_is_refused_ends_the_training_with_what_to_do(train):
    with pytest.raises(TrainingError, match=rf"because {REASON}; it is the first policy.*initial_"):
        train(lambda policy, condition: True)
    assert not list(train.store.directory.rglob("refused_*"))
    assert train(lambda *_: False, directory=train.store.directory).iterations_finished == 2


def test_a_taken_policy_that_is_refused_ends_the_training_with_what_to_start_from_instead(
    undisturbed, task, small, collector, tmp_path
):
    origin = Origin(str(undisturbed.directory))
    store = begin_run(tmp_path / "from", task, replace(small, origin=origin))
    nothing = Guarded(collector, lambda policy, condition: True)
    what = f"it is the policy of {undisturbed.directory}, which this robot cannot.*--noise-scale"
    with pytest.raises(TrainingError, match=what):
        Trainer(store, nothing, TaskCostEvaluator(task)).run()


def test_a_policy_whose_attempts_failed_before_an_end_is_not_tried_again(train, undisturbed):
    """As a run left by a program that ended where the policy was refused."""
    end, tried = undisturbed.policy(1, 0)[0], []

    def refuses(policy, condition):
        tried.append(policy)
        full = np.array_equal(policy.k, end.k)
        if full and len(tried) == 2 + MAX_ATTEMPTS:
            raise Ended
        return full

    with pytest.raises(Ended):
        train(refuses)
    fifth = folder(train.store) / f"rollout_01.invalid_{MAX_ATTEMPTS - 1}.npz"
    shutil.copy(folder(train.store) / "rollout_01.invalid_0.npz", fifth)
    tried.clear()
    store = train(refuses, directory=train.store.directory)
    assert not np.array_equal(tried[0].k, end.k)
    assert store.reports()[1]["halvings"] == 1


def test_a_training_killed_at_any_write_of_a_step_back_ends_with_the_same_numbers(
    train, undisturbed, monkeypatch, arrays_of_run
):
    rule = only_second_iteration(farther_than(0.6, undisturbed), undisturbed)
    rename, renamed = Path.replace, []

    def noting(path, target):
        renamed.append(Path(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", noting)
    whole = arrays_of_run(train(rule).directory)
    first = next(i for i, path in enumerate(renamed) if "refused_0" in path.parts)
    moves = [i for i, path in enumerate(renamed) if "refused_0" in path.parts]
    assert renamed[moves[-1] + 1].name == "policy.npz"
    assert len(moves) == 1 + MAX_ATTEMPTS
    for last in range(first - 1, moves[-1] + 3):
        renamed.clear()

        def ending(path, target, last=last):
            if len(renamed) == last:
                raise Ended
            return noting(path, target)

        monkeypatch.setattr(Path, "replace", ending)
        with pytest.raises(Ended):
            train(rule, name=f"killed_{last}")
        monkeypatch.setattr(Path, "replace", rename)
        store = train(rule, directory=train.store.directory)
        assert arrays_of_run(store.directory) == whole


@pytest.fixture
def guided_task(task):
    document = yaml.safe_load(task.source)
    document["mdgps"]["settings"] = {"sample_from": "global", "supervised": {"epochs": 5}}
    return Task.from_text(yaml.safe_dump(document), folder=task.folder)


def test_a_refused_network_goes_back_in_all_its_conditions(guided_task, small, collector, tmp_path):
    config = replace(small, method="mdgps-pilqr", conditions=(0, 1))
    evaluator = TaskCostEvaluator(guided_task)
    plain = create_run(tmp_path / "plain", guided_task, config)
    Trainer(plain, collector, evaluator).run()
    updated = plain.network(1)

    def refuses(policy, condition):
        network = getattr(policy, "network", None)
        if network is None or condition == 0:
            return False
        return np.array_equal(network.weights[0], updated.weights[0])

    store = create_run(tmp_path / "refused", guided_task, config)
    trainer = Trainer(store, Guarded(collector, refuses), evaluator)
    trainer.run()
    taken, first = store.network(1), plain.network(0)
    np.testing.assert_allclose(
        taken.weights[-1], 0.5 * (first.weights[-1] + updated.weights[-1]), atol=1e-12
    )
    assert (store.directory / "iteration_001/refused_0/network.npz").exists()
    assert len(list((folder(store) / "refused_0").glob("rollout_0?.npz"))) == 2
    assert [report["halvings"] for report in store.reports()] == [0, 0, 1, 1]
    for condition in (0, 1):
        assert len(trainer._batches[condition]) == 2
        expected = plain.policy(1, condition)[1] / 4
        np.testing.assert_allclose(store.policy(1, condition)[1], expected, rtol=1e-12)


def test_a_refused_local_policy_of_a_guided_training_goes_back_alone(
    task, small, collector, tmp_path
):
    config = replace(small, method="mdgps-pilqr", conditions=(0, 1))
    evaluator = TaskCostEvaluator(task)
    plain = create_run(tmp_path / "plain", task, config)
    Trainer(plain, collector, evaluator).run()
    updated = plain.policy(1, 1)[0]
    guarded = Guarded(collector, lambda policy, condition: np.array_equal(policy.k, updated.k))
    store = create_run(tmp_path / "refused", task, config)
    Trainer(store, guarded, evaluator).run()
    assert [report["halvings"] for report in store.reports()] == [0, 0, 0, 1]
    half = 0.5 * (plain.policy(0, 1)[0].k + updated.k)
    np.testing.assert_allclose(store.policy(1, 1)[0].k, half, atol=1e-12)
    np.testing.assert_array_equal(store.policy(1, 0)[0].k, plain.policy(1, 0)[0].k)
    np.testing.assert_array_equal(store.network(1).weights[0], plain.network(1).weights[0])
    assert store.iterations_finished == 2


def test_a_network_between_two_maps_as_they_do_at_its_ends(guided_task, small, collector, tmp_path):
    config = replace(small, method="mdgps-pilqr", iterations=1)
    store = create_run(tmp_path / "plain", guided_task, config)
    Trainer(store, collector, TaskCostEvaluator(guided_task)).run()
    start, end = store.network(0), store.network(1)
    observations = np.random.default_rng(0).standard_normal((5, start.mean.size))
    near = network_between(start, end, 1e-9)
    np.testing.assert_allclose(near(observations), start(observations), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(network_between(start, end, 1.0)(observations), end(observations))
    half = network_between(start, end, 0.5)
    covariance = 0.5 * (start.L @ start.L.T + end.L @ end.L.T)
    np.testing.assert_allclose(half.L @ half.L.T, covariance, atol=1e-12)
