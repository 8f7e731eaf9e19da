"""Spreading rollouts over robots that are played by scripts."""

import threading

import numpy as np
import pytest

from pilqr_ros.learning.errors import CollectorError, RolloutInterrupted, TrainingStopped
from pilqr_ros.learning.robot_pool import MAX_INTERRUPTIONS, RobotPool
from pilqr_ros.learning.sampling import in_order
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import create_run


def rollout(seed, reason=""):
    """Return a rollout; one with a reason was interrupted."""
    arrays = [np.full((1, 2), float(seed)) for _ in range(4)]
    zero = np.zeros(1, np.int64)
    return Rollout(
        0, seed, *arrays, zero, zero, valid=not reason, reason=reason, interrupted=bool(reason)
    )


class Arm:
    """A robot that does what its script says, and works ever after.

    The script's entries are errors to raise, or reasons of interruption.
    """

    def __init__(self, *script, met=None):
        self.script, self.seeds, self.present, self.met = list(script), [], True, met
        self.busy = threading.Lock()

    def is_present(self):
        return self.present

    def collect(self, policy, condition, seed, explore, jitter):
        assert self.busy.acquire(blocking=False), "a robot executes one rollout at a time"
        try:
            self.seeds.append(seed)
            if self.met is not None:
                self.met.wait()
            event = self.script.pop(0) if self.script else ""
            if isinstance(event, Exception):
                raise event
            return rollout(seed, event)
        finally:
            self.busy.release()


@pytest.fixture
def said():
    return []


@pytest.fixture
def pool_of(said):
    return lambda **arms: RobotPool(arms, said.append)


def collect(pool, seed):
    return pool.collect(None, 0, seed, True, True)


def spread(pool, seeds):
    """Execute one rollout a seed, as many at once as there are robots."""
    return list(in_order([lambda seed=seed: collect(pool, seed) for seed in seeds], pool.size))


def test_two_robots_work_at_once_and_the_rollouts_keep_their_order(pool_of):
    met = threading.Barrier(2, timeout=10.0)
    left, right = Arm(met=met), Arm(met=met)
    rollouts = spread(pool_of(left=left, right=right), range(10))
    assert [one.seed for one in rollouts] == list(range(10))
    assert len(left.seeds) == len(right.seeds) == 5
    for one in rollouts:
        assert one.seed in {"left": left, "right": right}[one.robot].seeds


def test_what_a_robot_refuses_another_one_executes(pool_of, said):
    left, right = Arm(CollectorError("reset failed: no hand came")), Arm()
    pool = pool_of(left=left, right=right)
    assert [one.seed for one in spread(pool, range(6))] == list(range(6))
    assert sorted(right.seeds) == list(range(6))
    assert len(left.seeds) == 1
    assert said == ["left is left out until the next iteration: reset failed: no hand came"]
    assert pool.left_out() == {"left": "reset failed: no hand came"}


def test_a_robot_that_is_interrupted_over_and_over_is_left_out(pool_of):
    latched = "effort_guard lets no torque pass: EMERGENCY STOP"
    left, right = Arm(*[latched] * 99), Arm()
    pool = pool_of(left=left, right=right)
    for seed in range(20):
        collect(pool, seed)
    assert len(left.seeds) == MAX_INTERRUPTIONS
    assert pool.left_out() == {"left": latched}


def test_a_rollout_between_them_lets_interruptions_count_anew(pool_of):
    few = ["a late tick"] * (MAX_INTERRUPTIONS - 1)
    left = Arm(*few, "", *few, "")
    pool = pool_of(left=left, right=Arm())
    for seed in range(4 * MAX_INTERRUPTIONS):
        collect(pool, seed)
    assert pool.left_out() == {}


def test_silence_is_told_to_who_asks_with_the_robots_name(pool_of):
    pool = pool_of(left=Arm(RolloutInterrupted("no answer")), right=Arm())
    with pytest.raises(RolloutInterrupted, match="left: no answer"):
        collect(pool, 0)
    assert pool.left_out() == {}


def test_the_last_robot_is_not_left_out_for_interruptions(pool_of):
    left, right = Arm(CollectorError("gone")), Arm(*["a late tick"] * 20)
    pool = pool_of(left=left, right=right)
    reasons = [collect(pool, seed).reason for seed in range(20)]
    assert reasons == ["a late tick"] * 20
    assert pool.left_out() == {"left": "gone"}


def test_where_none_is_left_the_error_says_why_each_one_is_not(pool_of):
    arms = {name: Arm(*[CollectorError(f"{name} is off")] * 9) for name in ("a", "b", "c")}
    pool = pool_of(**arms)
    with pytest.raises(CollectorError, match="no robot is left: a: a is off; b: b is off; c: c"):
        spread(pool, range(20))
    assert [len(arm.seeds) for arm in arms.values()] == [1, 1, 1]


def test_one_robot_fails_as_if_there_were_no_pool(said):
    pool = RobotPool({"": Arm(CollectorError("the reset service did not answer"))}, said.append)
    with pytest.raises(CollectorError, match=r"^the reset service did not answer$"):
        collect(pool, 0)
    pool.begin_work()
    assert collect(pool, 1).robot == ""
    assert said == []


def test_a_robot_that_is_back_takes_part_from_the_next_iteration_on(pool_of, said):
    left, right = Arm(CollectorError("gone")), Arm()
    pool = pool_of(left=left, right=right)
    pool.begin_iteration(0)
    spread(pool, range(4))
    left.present = False
    pool.begin_iteration(1)
    spread(pool, range(4))
    assert len(left.seeds) == 1
    left.present = True
    pool.begin_iteration(1)
    assert pool.left_out() != {}
    pool.begin_iteration(2)
    spread(pool, range(4))
    assert len(left.seeds) > 1
    assert pool.left_out() == {}
    assert said[-1] == "left takes part again"


def test_a_robot_that_only_seems_to_be_back_is_left_out_at_once(pool_of):
    left, right = Arm(*["no torque passes"] * 99), Arm()
    pool = pool_of(left=left, right=right)
    for iteration in range(3):
        pool.begin_iteration(iteration)
        for seed in range(9):
            collect(pool, seed)
    assert len(left.seeds) == MAX_INTERRUPTIONS + 2


def test_what_ends_the_work_leaves_no_robot_out(pool_of):
    left, right = Arm(TrainingStopped("enough")), Arm()
    pool = pool_of(left=left, right=right)
    with pytest.raises(TrainingStopped):
        spread(pool, range(4))
    assert pool.left_out() == {}
    assert len(spread(pool, range(4))) == 4


class Simulated:
    """A real simulated robot that dies after so many rollouts."""

    def __init__(self, collector, life):
        self.collector, self.left = collector, life

    def is_present(self):
        return self.left > 0

    def collect(self, policy, condition, seed, explore, jitter):
        if self.left == 0:
            raise CollectorError("dead")
        self.left -= 1
        return self.collector.collect(policy, condition, seed, explore, jitter)


def test_training_with_two_robots_one_of_which_dies_is_training_with_one(
    trainer, tmp_path, task, config, collector, arrays_of_run
):
    trainer.run()
    store = create_run(tmp_path / "two", task, config)
    pool = RobotPool({"left": Simulated(collector, 1), "right": Simulated(collector, 99)})
    Trainer(store, pool, TaskCostEvaluator(task), at_once=pool.size, left_out=pool.left_out).run()
    alone, spread_out = (arrays_of_run(each.directory) for each in (trainer.store, store))
    robots = {name: array for name, array in spread_out.items() if name.endswith(":robot")}
    assert {name: array for name, array in spread_out.items() if name not in robots} == alone
    assert set(robots.values()) == {"left", "right"}
    last = store.reports()[-1]
    assert last["robots"] == {"right": config.rollouts}
    assert last["left_out"] == {"left": "dead"}
