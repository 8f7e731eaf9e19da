"""Rollouts of a training: which are executed, found on disk, and counted."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.errors import TrainingError, TrainingStopped
from pilqr_ros.learning.sampling import MAX_ATTEMPTS
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import RunStore, create_run, open_run
from pilqr_ros.tasks import load_task


def test_a_kill_after_the_last_rollout_loses_no_cost_of_it(trainer, store, task, flaky):
    trainer.run()
    cost = store.directory / "iteration_002/condition_0/rollout_00.cost.npz"
    content = cost.read_bytes()
    cost.unlink()  # as if killed between the two files
    again = flaky()
    Trainer(open_run(store.directory), again, TaskCostEvaluator(task)).run()
    assert again.calls == 0
    assert cost.read_bytes() == content


def test_an_invalid_rollout_is_kept_apart_and_drawn_again(trainer, store, flaky):
    flaky = flaky(invalid=lambda call: call == 2)
    trainer.collector = flaky
    trainer.run()
    assert flaky.calls == 2 * 4 + 1 + 1
    assert len(set(flaky.seeds)) == flaky.calls
    assert store.reports()[0]["rollouts_invalid"] == 1
    assert all(store.rollout(0, 0, sample).valid for sample in range(4))


def test_a_run_that_goes_on_counts_the_rollouts_that_it_finds(flaky, tmp_path):
    """Stopped in the second condition's rollouts: the bar goes on where it was."""
    task = load_task("pusher")
    collector, evaluator = InProcessCollector(task), TaskCostEvaluator(task)
    config = RunConfig("pusher", "pi2", iterations=1, rollouts=3, seed=0, conditions=(0, 1))
    store, told = create_run(tmp_path, task, config), []
    stopped = Trainer(store, collector, evaluator, on_progress=told.append)
    stopped.should_stop = lambda: bool(told) and told[-1].rollout == 4
    with pytest.raises(TrainingStopped):
        stopped.run()
    resumed, kept = [], store.collected(0)  # one of each condition may come before the others
    assert kept in (4, 5)
    Trainer(store, collector, evaluator, on_progress=resumed.append).run()
    counts = [progress.rollout for progress in resumed]
    assert (min(counts[1:]), counts[-1], resumed[-1].rollouts) == (kept, 6, 6)
    assert counts == sorted(counts)


def test_the_last_rollout_of_an_iteration_tells_what_its_policy_costs_without_noise(trainer, store):
    trainer.run()
    for iteration in range(2):
        noise = [store.rollout(iteration, 0, sample).noise for sample in range(4)]
        assert [bool(each.any()) for each in noise] == [True, True, True, False]


def test_no_rollout_is_read_that_has_just_been_executed(trainer, store, monkeypatch):
    read, found = RunStore.rollout, []

    def spy(self, *which):
        rollout = read(self, *which)
        if rollout is not None:
            found.append(which)
        return rollout

    monkeypatch.setattr(RunStore, "rollout", spy)
    trainer.run()
    assert store.iterations_finished == 2
    assert found == []


def test_training_gives_up_after_many_invalid_rollouts(trainer, store, flaky):
    trainer.collector = flaky(invalid=lambda call: call > 1)
    with pytest.raises(TrainingError, match=r"rollout 0.*because a late tick"):
        trainer.run()
    assert store.rollout(0, 0, 3) is not None  # the one without noise comes first
    assert store.attempts(0, 0, 0) == MAX_ATTEMPTS


@pytest.mark.parametrize("iteration", [0, 1])
@pytest.mark.parametrize("with_cost", [True, False])
def test_a_rollout_that_was_deleted_is_executed_again_with_the_same_seed(
    trainer, store, flaky, arrays_of_run, task, iteration, with_cost
):
    """Of an earlier iteration, too: its policy is on disk."""
    whole = flaky()
    trainer.collector = whole
    trainer.run()
    kept = arrays_of_run(store.directory)
    place = store.directory / f"iteration_{iteration:03d}/condition_0"
    (place / "rollout_02.npz").unlink()
    if with_cost:
        (place / "rollout_02.cost.npz").unlink()
    (store.directory / "iteration_002/condition_0/policy.npz").unlink()
    again = flaky()
    Trainer(open_run(store.directory), again, TaskCostEvaluator(task)).run()
    assert again.seeds == [whole.seeds[4 * iteration + 3]]  # the one without noise came first
    assert arrays_of_run(store.directory) == kept


def test_the_cost_of_a_rollout_that_was_deleted_is_not_taken_for_the_new_ones(trainer, store):
    trainer.run()
    cost = store.cost(1, 0, 2)
    store.save_cost(1, 0, 2, replace(cost, costs=cost.costs + 1.0))
    (store.directory / "iteration_001/condition_0/rollout_02.npz").unlink()
    (store.directory / "iteration_002/condition_0/policy.npz").unlink()
    trainer.run()
    np.testing.assert_array_equal(store.cost(1, 0, 2).costs, cost.costs)


class Moody:
    """A real collector that calls the rollouts of some seeds invalid, in whatever order."""

    def __init__(self, collector):
        self.collector = collector
        self.seeds = []

    def collect(self, policy, condition, seed, *, explore, jitter):
        rollout = self.collector.collect(policy, condition, seed, explore=explore, jitter=jitter)
        self.seeds.append(seed)
        return rollout if seed % 3 else replace(rollout, valid=False, reason="a mood")


@pytest.fixture
def pusher():
    return load_task("pusher")


@pytest.fixture
def train_pusher(pusher, tmp_path):
    """Return a function that trains two conditions of the pusher and returns run and collector."""
    config = RunConfig("pusher", "pi2", iterations=2, rollouts=5, seed=0, conditions=(0, 2))

    def train(name, **options):
        store = create_run(tmp_path / name, pusher, config)
        collector = Moody(InProcessCollector(pusher))
        return store, collector, Trainer(store, collector, TaskCostEvaluator(pusher), **options)

    return train


def test_rollouts_at_once_train_the_policies_of_one_after_the_other(train_pusher, arrays_of_run):
    (alone, one, first), (together, other, second) = (
        train_pusher(f"{at_once}", at_once=at_once) for at_once in (1, 3)
    )
    first.run()
    second.run()
    assert sorted(one.seeds) == sorted(other.seeds)
    assert len(one.seeds) > 2 * 2 * 5
    assert arrays_of_run(together.directory) == arrays_of_run(alone.directory)
    invalid = [
        [report["rollouts_invalid"] for report in run.reports()] for run in (alone, together)
    ]
    assert invalid[0] == invalid[1]


def test_a_stop_keeps_all_rollouts_at_once_and_the_run_goes_on(train_pusher, arrays_of_run):
    whole, _, trainer = train_pusher("whole")
    trainer.run()
    stopped, collector, trainer = train_pusher("stopped", at_once=3)
    trainer.should_stop = lambda: len(collector.seeds) >= 4
    with pytest.raises(TrainingStopped):
        trainer.run()
    stored = list(stopped.directory.glob("iteration_000/condition_*/rollout_0?.*npz"))
    kept = [path for path in stored if ".cost." not in path.name]
    assert 4 <= len(kept) == len(collector.seeds) <= 4 + 3
    trainer.should_stop = lambda: False
    trainer.run()
    assert len(collector.seeds) == len(set(collector.seeds))
    assert arrays_of_run(stopped.directory) == arrays_of_run(whole.directory)


def test_the_rollouts_of_all_conditions_are_executed_at_once(pusher, tmp_path):
    config = RunConfig("pusher", "pi2", iterations=1, rollouts=1, seed=0, conditions=(0, 1, 2))
    store, inner = create_run(tmp_path, pusher, config), InProcessCollector(pusher)
    met = threading.Barrier(3, timeout=30.0)

    class Meeting:
        def collect(self, *arguments, **options):
            if not store.iterations_finished:
                met.wait()  # nobody passes before there are three
            return inner.collect(*arguments, **options)

    Trainer(store, Meeting(), TaskCostEvaluator(pusher), at_once=3).run()
    assert store.iterations_finished == 1
