import functools
import threading

import numpy as np
import pytest

from pilqr_ros.learning.errors import (
    PolicyRefused,
    RolloutInterrupted,
    TrainingError,
    TrainingStopped,
)
from pilqr_ros.learning.sampling import (
    MAX_ATTEMPTS,
    MAX_INTERRUPTIONS,
    TrainingPlace,
    execute_until_valid,
    in_order,
)
from pilqr_ros.learning.seeds import rollout_seed
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs.rollout_files import load_rollout
from pilqr_ros.tasks import load_task


@functools.cache
def hockey():
    return load_task("hockey")


def rollout(seed, reason=""):
    """Return a rollout, valid without a reason; one that begins with "lost" is an interruption."""
    task = hockey()
    arrays = [np.zeros((task.T, size)) for size in (task.dX, task.dU, task.dU, task.dU)]
    zero, broken = np.zeros(task.T, np.int64), reason.startswith("lost")
    return Rollout(
        0, seed, *arrays, zero, zero, valid=not reason, reason=reason, interrupted=broken
    )


class Scripted:
    """A collector that gives rollouts with the reasons of a script."""

    def __init__(self, *reasons):
        self.reasons = list(reasons)
        self.seeds = []

    def collect(self, policy, condition, seed, *, explore, jitter):
        self.seeds.append(seed)
        reason = self.reasons.pop(0)
        if reason == "silence":
            raise RolloutInterrupted("the executor is silent")
        return rollout(seed, reason)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr("pilqr_ros.learning.sampling.MAX_PAUSE", 0.0)


def seed_of(sample, attempt, iteration=0):
    """Return the seed of an attempt of the run with seed 3."""
    return rollout_seed(3, iteration, 0, sample, attempt)


def execute(store, collector, check_stop=lambda: None, sample=1):
    place = TrainingPlace(store, 0, 0, sample)
    return execute_until_valid(collector, None, place, explore=True, check_stop=check_stop)


def test_every_attempt_is_stored_and_each_has_a_seed_of_its_own(store):
    collector = Scripted("a late tick", "no state", "")
    valid = execute(store, collector)
    assert collector.seeds == [seed_of(1, attempt) for attempt in range(3)]
    assert store.attempts(0, 0, 1) == 2
    (kept,) = store.directory.rglob("rollout_01.npz")
    assert load_rollout(kept).seed == valid.seed == collector.seeds[2]


def test_what_was_interrupted_is_repeated_with_the_same_seed(store):
    collector = Scripted("lost a tick", "silence", "torque is nan", "lost an answer", "")
    execute(store, collector)
    first, second = (seed_of(1, attempt) for attempt in range(2))
    assert collector.seeds == [first, first, first, second, second]
    assert store.attempts(0, 0, 1) == 1
    assert store.invalid_count(0, 0) == 3
    (kept, _) = sorted(store.directory.rglob("*.interrupted_*.npz"))
    assert load_rollout(kept).reason == "lost a tick"
    assert load_rollout(kept).interrupted


def test_interruptions_without_end_are_given_up(store):
    many = f"{MAX_INTERRUPTIONS} rollouts were interrupted in a row.*lost"
    with pytest.raises(TrainingError, match=many) as given_up:
        execute(store, Scripted(*["lost a tick"] * MAX_INTERRUPTIONS))
    assert not isinstance(given_up.value, PolicyRefused)


def test_attempts_of_an_earlier_session_count(store):
    with pytest.raises(TrainingError, match=f"rollout 1: {MAX_ATTEMPTS} rollouts failed"):
        execute(store, Scripted(*["a late tick"] * MAX_ATTEMPTS))
    collector = Scripted("")
    execute(store, collector)
    assert collector.seeds == [seed_of(1, MAX_ATTEMPTS)]


def test_a_halved_policy_has_noise_that_the_one_before_had_not(store, monkeypatch):
    def seeds():
        collector = Scripted(*["torque is nan"] * 4, "")
        execute(store, collector, sample=0)
        return collector.seeds

    before = seeds()
    for path in store.directory.rglob("rollout_*.npz"):
        path.unlink()  # as when they are set aside
    monkeypatch.setattr("pilqr_ros.learning.sampling.halvings", lambda *_: 1)
    after = seeds()
    assert not set(before) & set(after)
    assert after[0] == seed_of(0, MAX_ATTEMPTS)


def test_a_stop_is_obeyed_before_each_attempt(store):
    collector = Scripted("a late tick", "")

    def check_stop():
        if collector.seeds:
            raise TrainingStopped("enough")

    with pytest.raises(TrainingStopped, match="enough"):
        execute(store, collector, check_stop)
    assert store.attempts(0, 0, 1) == 1


def test_jobs_are_done_at_once_and_what_comes_of_them_keeps_their_order():
    met, first_may_end = threading.Barrier(3, timeout=10.0), threading.Event()

    def job(number):
        met.wait()  # nobody passes before three are under way
        if number == 2:
            first_may_end.set()
        else:
            first_may_end.wait(10.0)
        return number

    assert list(in_order([lambda n=n: job(n) for n in range(3)], 3)) == [0, 1, 2]


def test_one_at_a_time_a_job_begins_when_it_is_due_and_in_this_thread():
    begun = []
    jobs = [lambda n=n: begun.append((n, threading.current_thread())) for n in range(3)]
    results = in_order(jobs, 1)
    next(results)
    next(results)
    assert begun == [(n, threading.current_thread()) for n in range(2)]


@pytest.mark.parametrize("at_once", [1, 2])
def test_an_error_comes_in_its_turn_and_what_waits_is_not_begun(at_once):
    begun, finished = [], []

    def job(number):
        begun.append(number)
        if number == 1:
            raise TrainingError("enough")
        if number > 1:
            stopped.wait(10.0)
        finished.append(number)

    stopped = threading.Event()
    results = in_order([lambda n=n: job(n) for n in range(20)], at_once)
    next(results)
    threading.Timer(0.2, stopped.set).start()
    with pytest.raises(TrainingError, match="enough"):
        next(results)
    assert len(begun) <= 2 + at_once
    assert sorted(finished) == [number for number in sorted(begun) if number != 1]
