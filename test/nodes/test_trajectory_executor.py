"""What the executor does when a rollout does not go as planned."""

import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from std_srvs.srv import SetBool, Trigger

from pilqr_msgs.action import ExecuteRollout
from pilqr_msgs.msg import AppliedTorque, ErrorCode, TorqueCommand
from pilqr_ros.learning.errors import RolloutInterrupted
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import policy_to_message
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import wait_for
from pilqr_ros.nodes.training.ros_collector import RosCollector

LOOP = ("mujoco_bridge", "effort_guard", "state_estimator", "trajectory_executor")
AT_ONCE = 5.0
"""Far less than what is left of a rollout [s]."""


@pytest.fixture
def client(fresh_client):
    return fresh_client


@pytest.fixture
def collector(client):
    return RosCollector(client.node)


@pytest.fixture
def loop(client, run_nodes, wait_for_loop):
    with run_nodes(*LOOP) as group:
        wait_for_loop(client)
        yield group


@pytest.fixture
def slow_loop(client, run_nodes, wait_for_loop):
    """On the clock and slowly: rollouts last long, and a busy machine is in time for ticks."""
    with run_nodes(*LOOP, real_time_factor=0.1) as group:
        wait_for_loop(client)
        yield group


@pytest.fixture
def action(client, wait_until):
    action = ActionClient(client.node, ExecuteRollout, "trajectory_executor/execute_rollout")
    yield action
    action.destroy()


def start(action, task, wait_until, on_feedback=None):
    wait_until(action.server_is_ready, "execute_rollout")
    goal = ExecuteRollout.Goal(policy=policy_to_message(task.initial_policy(0)), explore=True)
    return wait_for(action.send_goal_async(goal, on_feedback), 10.0, "executor", "accept")


def start_moving(action, task, wait_until, applied):
    """Start rollouts until one has applied a torque; a busy machine may end one at its start."""

    def moving():
        return any(np.any(one.effort) for one in applied)

    for _ in range(5):
        handle = start(action, task, wait_until)
        ended = handle.get_result_async()
        wait_until(lambda ended=ended: moving() or ended.done(), "a torque")
        if moving() and not ended.done():
            return handle
        applied.clear()
    raise AssertionError(ended.result().result.rollout.reason)


def finish(handle):
    return wait_for(handle.get_result_async(), 60.0, "executor", "finish")


def test_cancelling_stops_at_once_with_a_zero_command(slow_loop, action, client, task, wait_until):
    commands = client.listen(TorqueCommand, "torque_command", qos.RECORD)
    applied = client.listen(AppliedTorque, "applied_torque", qos.RECORD)
    handle = start_moving(action, task, wait_until, applied)
    began = time.monotonic()
    wait_for(handle.cancel_goal_async(), 5.0, "executor", "cancel")
    result = finish(handle)
    assert time.monotonic() - began < AT_ONCE
    assert result.status == GoalStatus.STATUS_CANCELED
    assert (result.result.rollout.valid, result.result.rollout.reason) == (False, "cancelled")
    assert result.result.error_code == ErrorCode.CANCELLED
    assert 0 < result.result.rollout.steps < task.T
    wait_until(lambda: commands[-1].last, "the last command")
    wait_until(lambda: applied[-1].step == commands[-1].step, "its answer")
    assert not np.any(applied[-1].effort)


def test_a_second_goal_is_rejected_and_leaves_the_first_alone(
    slow_loop, action, client, task, wait_until
):
    applied = client.listen(AppliedTorque, "applied_torque", qos.RECORD)
    handle = start_moving(action, task, wait_until, applied)
    second = start(action, task, wait_until)
    assert not second.accepted
    rejection = action.rejection(second, "trajectory_executor")
    assert str(rejection) == "another rollout is under way"
    assert rejection.code == ErrorCode.BUSY
    with pytest.raises(RolloutInterrupted, match="another rollout is under way"):
        RosCollector(client.node)._send(ExecuteRollout.Goal())  # it may be repeated
    seen = len(applied)
    wait_until(lambda: len(applied) > seen + 2, "the first rollout going on")
    assert not applied[-1].interventions & AppliedTorque.TIMEOUT
    wait_for(handle.cancel_goal_async(), 5.0, "executor", "cancel")
    assert finish(handle).status == GoalStatus.STATUS_CANCELED


def test_a_policy_that_no_motor_could_follow_is_rejected_with_the_reason_in_the_log(
    run_nodes, action, task, wait_until
):
    policy = task.initial_policy(0)
    with run_nodes("trajectory_executor") as group:
        wait_until(action.server_is_ready, "execute_rollout")
        for value in (np.nan, 1e300):
            K = policy.K.copy()
            K[3, 1, 2] = value
            goal = ExecuteRollout.Goal(policy=policy_to_message(replace(policy, K=K)))
            handle = wait_for(action.send_goal_async(goal), 10.0, "executor", "answer")
            assert not handle.accepted
            assert action.rejection(handle, "executor").code == ErrorCode.INVALID_POLICY
            reason = f"goal rejected: policy.K[3, 1, 2] is {value:g}, expected"
            wait_until(lambda r=reason: any(r in line for _, line in group.lines), reason)


@pytest.mark.parametrize("victim", ["state_estimator", "mujoco_bridge", "effort_guard"])
def test_a_killed_node_makes_the_rollout_invalid_and_the_torque_zero(
    victim, slow_loop, action, client, task, wait_until
):
    applied = client.listen(AppliedTorque, "applied_torque", qos.RECORD)
    handle = start_moving(action, task, wait_until, applied)
    os.kill(slow_loop.pids[victim], signal.SIGKILL)
    result = finish(handle)
    assert result.status in (GoalStatus.STATUS_ABORTED, GoalStatus.STATUS_SUCCEEDED)
    assert not result.result.rollout.valid
    assert result.result.rollout.reason
    if victim != "effort_guard":
        wait_until(lambda: not np.any(applied[-1].effort), "zero torque")


def test_a_killed_executor_leaves_zero_torque_within_the_timeout(
    slow_loop, action, client, task, wait_until
):
    applied = client.listen(AppliedTorque, "applied_torque", qos.RECORD)
    start_moving(action, task, wait_until, applied)
    os.kill(slow_loop.pids["trajectory_executor"], signal.SIGKILL)
    # Two control periods are 1 s at this pace.
    wait_until(lambda: not np.any(applied[-1].effort), "zero torque", AT_ONCE)
    assert applied[-1].interventions == AppliedTorque.TIMEOUT


def test_without_any_state_the_rollout_ends_and_names_who_is_silent(
    run_nodes, action, task, wait_until
):
    with run_nodes("trajectory_executor", "effort_guard"):
        result = finish(start(action, task, wait_until))
    assert result.status == GoalStatus.STATUS_ABORTED
    assert "state_estimator or mujoco_bridge is silent" in result.result.rollout.reason
    assert result.result.error_code == ErrorCode.NO_ANSWER
    assert result.result.rollout.steps == 0


def test_without_a_guard_no_torque_is_sent(run_nodes, action, client, task, wait_until):
    commands = client.listen(TorqueCommand, "torque_command", qos.RECORD)
    with run_nodes("trajectory_executor", "mujoco_bridge", "state_estimator"):
        result = finish(start(action, task, wait_until))
    assert result.result.rollout.reason.startswith("effort_guard is not there")
    assert not commands


def test_lockstep_survives_a_frozen_estimator(loop, collector, task, collect_whole):
    """A node that is stopped for a moment delays a rollout in lock-step, and changes nothing."""
    expected = collect_whole(collector, task.initial_policy(0), 0, 4, True, True)
    pid = loop.pids["state_estimator"]

    def freeze():
        for _ in range(3):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.1)
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.05)

    thread = threading.Thread(target=freeze)
    thread.start()
    rollout = collector.collect(task.initial_policy(0), 0, 4, True, True)
    thread.join()
    assert rollout.valid, rollout.reason
    np.testing.assert_array_equal(rollout.states, expected.states)


def call(client, kind, name, request):
    service = client.node.create_client(kind, name)
    assert service.wait_for_service(10.0), name
    return wait_for(service.call_async(request), 10.0, name, "answer")


def test_an_emergency_stop_ends_the_rollout_and_lets_none_start(
    slow_loop, action, client, task, wait_until
):
    applied = client.listen(AppliedTorque, "applied_torque", qos.RECORD)
    handle = start_moving(action, task, wait_until, applied)
    began = time.monotonic()
    call(client, Trigger, "effort_guard/estop", Trigger.Request())
    rollout = finish(handle).result.rollout
    assert time.monotonic() - began < AT_ONCE
    assert not rollout.valid
    assert "effort_guard: emergency stop (service ~/estop)" in rollout.reason
    assert not np.any(applied[-1].effort)
    commands = client.listen(TorqueCommand, "torque_command", qos.RECORD)
    result = finish(start(action, task, wait_until))
    assert result.status == GoalStatus.STATUS_ABORTED
    expected = "effort_guard lets no torque pass: emergency stop (service ~/estop)"
    assert result.result.rollout.reason.startswith(expected)
    assert result.result.error_code == ErrorCode.EMERGENCY_STOP
    assert not commands


def test_a_disabled_guard_lets_no_rollout_start(
    run_nodes, collector, client, task, wait_for_loop, collect_whole
):
    with run_nodes(*LOOP, start_enabled=False):
        wait_for_loop(client)
        rollout = collector.collect(task.initial_policy(0), 0, 0, True, True)
        assert rollout.reason.startswith("effort_guard lets no torque pass: disabled until")
        assert (rollout.T, rollout.code) == (0, ErrorCode.TORQUE_DISABLED)
        call(client, SetBool, "effort_guard/enable", SetBool.Request(data=True))
        rollout = collect_whole(collector, task.initial_policy(0), 0, 0, True, True)
        assert rollout.valid, rollout.reason
