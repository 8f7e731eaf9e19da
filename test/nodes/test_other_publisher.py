"""Another node that publishes on the topic of the robot's controller, beside the guard."""

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.action import ExecuteRollout
from pilqr_msgs.msg import AppliedTorque, GuardState
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.clients.guard_client import GuardSwitch
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import policy_to_message
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import wait_for

LOOP = ("mujoco_bridge", "effort_guard", "state_estimator", "trajectory_executor")
TOPIC = (Float64MultiArray, "effort_controller/commands", qos.COMMAND)
TOLD = "/rogue publishes to the robot's controller, too: end it"
TWIN_TOLD = (
    "another node with the name /effort_guard publishes to the robot's controller, too: end it"
)


@pytest.fixture
def moving(fresh_client, run_nodes, task, wait_until, wait_for_loop):
    """Return what starts a rollout that moves the arm, and its result to come."""
    applied = fresh_client.listen(AppliedTorque, "applied_torque", qos.RECORD)
    action = ActionClient(fresh_client.node, ExecuteRollout, "trajectory_executor/execute_rollout")
    goal = ExecuteRollout.Goal(policy=policy_to_message(task.initial_policy(0)), explore=True)

    def start():
        for _ in range(10):  # a busy machine may end one at once
            applied.clear()
            handle = wait_for(action.send_goal_async(goal), 10.0, "executor", "accept")
            ended = handle.get_result_async()
            wait_until(lambda ended=ended: ended.done() or passed(applied) > 3, "torques")
            if not ended.done():
                return ended
        raise AssertionError(ended.result().result.rollout.reason)

    with run_nodes(*LOOP, real_time_factor=0.25):
        wait_for_loop(fresh_client)
        wait_until(action.server_is_ready, "execute_rollout")
        yield start, applied


def passed(applied):
    return sum(bool(np.any(one.effort)) for one in applied)


def test_it_ends_the_rollout_by_name_and_nothing_passes_until_it_is_gone(
    moving, fresh_client, wait_until, late
):
    start, applied = moving
    states = fresh_client.listen(GuardState, "guard_state", qos.LATCHED)
    health = fresh_client.listen(DiagnosticArray, "/diagnostics", qos.RECORD)
    ended = start()
    with ClientNode("rogue") as rogue:
        rogue.node.create_publisher(*TOPIC)
        wait_until(lambda: states[-1].reason == TOLD, "the guard's word")
        wait_until(ended.done, "the rollout's end")
        reason = ended.result().result.rollout.reason
        assert TOLD in reason or late.search(reason), reason
        assert any(
            (status.name, status.level, status.message) == ("effort_guard: torque", b"\x02", TOLD)
            for message in health
            for status in message.status
        )
        count = passed(applied)
        time.sleep(0.5)
        assert passed(applied) == count
    wait_until(lambda: states[-1].state == GuardState.ENABLED, "enabled again")
    start()


def test_in_lockstep_too(fresh_client, run_nodes, wait_until):
    states = fresh_client.listen(GuardState, "guard_state", qos.LATCHED)
    with run_nodes("mujoco_bridge", "effort_guard"):
        wait_until(lambda: states[-1].state == GuardState.ENABLED, "enabled")
        for name, told in (("rogue", TOLD), ("effort_guard", TWIN_TOLD)):
            with ClientNode(name) as rogue:
                rogue.node.create_publisher(*TOPIC)
                wait_until(lambda told=told: states[-1].reason == told, "the guard's word")
                switch = GuardSwitch(fresh_client.node)
                switch.do("stop")
                wait_until(lambda: states[-1].state == GuardState.STOPPED, "stopped")
                assert told in states[-1].reason
                switch.do("reset")
                assert switch.do("enable") == f"no torque passes: {told}"
            wait_until(lambda: states[-1].state == GuardState.ENABLED, "enabled again")
