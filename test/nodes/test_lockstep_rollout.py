"""A rollout through the graph in lock-step is the in-process rollout."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from pilqr_ros.error_code import ErrorCode, code_of
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.errors import CollectorError
from pilqr_ros.nodes.training.ros_collector import RosCostEvaluator
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.trajopt.tvlg import TVLGPolicy

pytestmark = pytest.mark.usefixtures("control_loop")


@pytest.fixture(scope="module")
def in_process(task):
    return InProcessCollector(task)


@pytest.fixture
def collect(collector, collect_whole):
    return partial(collect_whole, collector)


def wild_policy(task, seed):
    """A swing with feedback and much noise: torques, joints and speeds reach their limits."""
    rng = np.random.default_rng(seed)
    start = task.initial_policy(0)
    K = start.K + 0.1 * rng.standard_normal(start.K.shape)
    swing = np.sin(np.linspace(0, 6, task.T))[:, None] * rng.choice([-1, 1], task.dU)
    k = start.k + np.array([18, 18, 7, 9, 2, 2, 2]) * swing
    return TVLGPolicy(K, k, 8.0 * start.L)


@pytest.mark.parametrize("explore", [True, False])
@pytest.mark.parametrize("seed", [0, 3, 2**64 - 1])
def test_a_lockstep_rollout_equals_the_in_process_one(collect, in_process, task, seed, explore):
    policy = task.initial_policy(0) if seed == 0 else wild_policy(task, seed % 1000)
    through_graph = collect(policy, 0, seed, explore, True)
    alone = in_process.collect(policy, 0, seed, explore, True)
    assert through_graph.valid, through_graph.reason
    for name in ("states", "commanded", "applied", "noise"):
        difference = np.abs(getattr(through_graph, name) - getattr(alone, name)).max()
        assert difference <= 1e-9, f"{name} differs by {difference}"
    np.testing.assert_array_equal(np.diff(through_graph.stamps), np.diff(alone.stamps))
    np.testing.assert_array_equal(through_graph.interventions, alone.interventions)
    assert through_graph.seed == seed


def test_wild_rollouts_reach_every_limit(in_process, task):
    kinds = set()
    for seed in (3, 615):
        kinds |= set(
            in_process.collect(wild_policy(task, seed), 0, seed, True, True).intervention_counts
        )
    assert kinds == {"effort_limit", "rate_limit", "joint_bound", "joint_speed"}


def test_the_guard_stops_a_violent_rollout_as_in_process(collect, in_process, task):
    turns = np.where(np.arange(task.T) // 6 % 2 == 0, 1.0, -1.0)
    policy = replace(task.initial_policy(0), k=turns[:, None] * task.torque_limits)
    through_graph = collect(policy, 0, 3, True, True)
    alone = in_process.collect(policy, 0, 3, True, True)
    assert not through_graph.valid
    assert "effort_guard: r_" in alone.reason
    assert "far over its speed limit" in alone.reason
    assert through_graph.reason == alone.reason
    np.testing.assert_array_equal(through_graph.applied[:-1], alone.applied[: through_graph.T - 1])


def test_rollouts_one_after_another_do_not_touch_each_other(collect, task):
    first, *_, last = (
        collect(task.initial_policy(0), 0, seed, True, True) for seed in (5, 6, 7, 5)
    )
    np.testing.assert_array_equal(first.states, last.states)
    assert last.stamps[0] > first.stamps[-1]


def test_the_cost_service_gives_the_in_process_cost(client, collect, task):
    rollout = collect(task.initial_policy(0), 0, 1, True, True)
    asked = RosCostEvaluator(client.node, task.name).evaluate(rollout)
    computed = TaskCostEvaluator(task).evaluate(rollout)
    np.testing.assert_array_equal(asked.costs, computed.costs)
    assert asked.terms == pytest.approx(dict(computed.terms))
    assert (asked.success, asked.distance) == (computed.success, computed.distance)


def test_the_cost_service_refuses_a_rollout_of_another_task(client, collect, task):
    rollout = collect(task.initial_policy(0), 0, 1, True, True)
    with pytest.raises(CollectorError, match=r"task is 'door', expected 'hockey'") as refused:
        RosCostEvaluator(client.node, "door").evaluate(rollout)
    assert code_of(refused.value) is ErrorCode.OTHER_RUN


def test_a_reset_to_an_unknown_condition_says_which_there_are(collector, task):
    with pytest.raises(CollectorError, match="condition is 700, expected 0 to 102") as refused:
        collector.collect(task.initial_policy(0), 700, 0, True, True)
    assert code_of(refused.value) is ErrorCode.INVALID_REQUEST


def test_a_policy_of_another_size_is_rejected(collector, control_loop, task, wait_until):
    policy = task.initial_policy(0)
    short = TVLGPolicy(policy.K[:50], policy.k[:50], policy.L[:50])
    told = "trajectory_executor rejected the rollout: policy.T is 50, expected 100"
    with pytest.raises(CollectorError, match=told) as refused:
        collector.collect(short, 0, 0, True, True)
    assert code_of(refused.value) is ErrorCode.INVALID_POLICY
    wait_until(
        lambda: any("policy.T is 50, expected 100" in line for _, line in control_loop.lines),
        "the reason in the log",
    )
