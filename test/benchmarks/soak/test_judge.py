"""The soak's judge of runs finds what it is there to find."""

import shutil
from dataclasses import replace

import pytest

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.tasks import load_task

pytest.importorskip("rclpy", reason="ROS 2 is not in this environment")
from pilqr_ros.benchmarks.soak.judge import Judge, Keeper
from pilqr_ros.benchmarks.soak.tally import Tally


@pytest.fixture(scope="module")
def task():
    return load_task("hockey")


@pytest.fixture(scope="module")
def trained(task, tmp_path_factory):
    config = RunConfig("hockey", "pilqr", iterations=1, rollouts=2, seed=4, conditions=(0,))
    store = create_run(tmp_path_factory.mktemp("runs"), task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return store.directory


@pytest.fixture
def run(trained, tmp_path):
    copy = tmp_path / "hockey" / "run"
    shutil.copytree(trained, copy)
    return copy


@pytest.fixture(scope="module")
def judge(task, tmp_path_factory):
    return Judge(task, tmp_path_factory.mktemp("undisturbed"))


def test_an_undisturbed_run_is_equal(judge, run):
    assert judge.judge(run) == (2, 0, True)


def test_one_number_that_differs_makes_a_sample_wrong(judge, run):
    store = open_run(run)
    rollout = store.rollout(0, 0, 1)
    states = rollout.states.copy()
    states[50, 3] += 1e-15
    store.save_rollout(0, 0, 1, replace(rollout, states=states))
    assert judge.judge(run) == (2, 1, False)


def test_a_policy_that_differs_is_found(judge, run):
    store = open_run(run)
    policy, steps = store.policy(1, 0)
    store.save_policy(1, 0, replace(policy, k=policy.k + 1e-9), steps)
    assert judge.judge(run) == (2, 0, False)


def test_samples_on_the_clock_must_be_whole_and_in_time(judge, run):
    store = open_run(run)
    assert judge.judge_on_clock(run).wrong == 0
    rollout = store.rollout(0, 0, 0)
    stamps = rollout.stamps.copy()
    stamps[60:] += 40_000_000
    store.save_rollout(0, 0, 0, replace(rollout, stamps=stamps))
    assert judge.judge_on_clock(run).wrong == 1


def test_a_rollout_that_is_gone_or_changed_is_lost(run, tmp_path):
    keeper = Keeper(tmp_path)
    keeper.look()
    assert (keeper.finished, keeper.lost()) == (3, [])
    first, second, _ = sorted(run.rglob("rollout_??.npz"))
    first.unlink()
    second.write_bytes(b"other")
    assert set(keeper.lost()) == {first, second}


def test_a_soak_is_clean_only_without_losses():
    assert Tally(in_lockstep=2, equal=2).clean
    for broken in ({"lost": 1}, {"wrong": 1}, {"in_lockstep": 1}, {"problems": ["no progress"]}):
        assert not Tally(**broken).clean
    unsafe = Tally()
    unsafe.unsafe["held"] = 1
    assert not unsafe.clean
    assert ("unsafe ticks", "1 held") in unsafe.rows()
