"""However a rollout ends, the robot has zero torque within 2 ticks; in real time, nodes killed."""

import os
import signal
import time

import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.action import ExecuteRollout, TrainLocal
from pilqr_msgs.msg import AppliedTorque, TorqueCommand
from pilqr_ros.graph import NODES
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import policy_to_message, to_nanoseconds
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import wait_for
from pilqr_ros.tasks import load_task

LOOP = ("mujoco_bridge", "effort_guard", "state_estimator", "trajectory_executor")
PACES = (1.0, 1.0, 0.5, 0.25, 0.1)
"""A starved machine delays a node for longer than a tick: then once more, and slower."""


class Watch:
    """What was commanded, what was let through, and what the robot applied, by stamps."""

    def __init__(self, client):
        self.commands = client.listen(TorqueCommand, "torque_command", qos.RECORD)
        self.applied = client.listen(AppliedTorque, "applied_torque", qos.RECORD)
        self.joints = client.listen(JointState, "joint_states", qos.RELIABLE)

    def moving(self):
        told = sum(bool(np.any(one.effort)) for one in self.applied) > 3
        return told and any(np.any(one.effort) for one in self.joints)

    def at_rest(self):
        last = self.joints[-20:]
        return len(last) == 20 and not any(np.any(one.effort) for one in last)

    def ticks_to_zero(self, period_ns):
        """Return the ticks from when a torque was first missing until the robot applied zero.

        The next torque is due one tick after the last one; both are told by the state's stamp.
        """
        last = max(stamp(one) for one in self.applied if np.any(one.effort))
        zero = max(stamp(one) for one in self.joints if np.any(one.effort))
        return (zero - last) / period_ns - 1.0


def stamp(message):
    return to_nanoseconds(message.header.stamp)


@pytest.fixture
def client(fresh_client):
    return fresh_client


def start_moving(client, task, wait_until, watch):
    """Start rollouts until one moves the arm; tell whether one does: they may end for lateness."""
    action = ActionClient(client.node, ExecuteRollout, "trajectory_executor/execute_rollout")
    wait_until(action.server_is_ready, "execute_rollout")
    goal = ExecuteRollout.Goal(policy=policy_to_message(task.initial_policy(0)), explore=True)
    for _ in range(5):
        watch.applied.clear()
        watch.joints.clear()
        handle = wait_for(action.send_goal_async(goal), 10.0, "executor", "accept")
        ended = handle.get_result_async()
        wait_until(lambda ended=ended: watch.moving() or ended.done(), "torques")
        if watch.moving() and not ended.done():
            return True
    return False


@pytest.mark.parametrize("victim", ["trajectory_executor", "state_estimator", "effort_guard"])
def test_a_killed_node_leaves_zero_torque_within_two_ticks(
    victim, run_nodes, client, task, wait_until
):
    ticks = []
    for pace in PACES:
        with run_nodes(*LOOP, real_time_factor=pace) as group:
            watch = Watch(client)
            if not start_moving(client, task, wait_until, watch):
                continue
            os.kill(group.pids[victim], signal.SIGKILL)
            wait_until(watch.at_rest, "zero torque")
            ticks.append(watch.ticks_to_zero(task.period_ns))
        if ticks[-1] <= 2.0:
            return
    raise AssertionError(f"zero torque came after {ticks} ticks")


def test_a_guard_that_is_started_again_begins_with_zero_torque(run_nodes, client, task, wait_until):
    """For controllers that hold the last torque for ever."""
    sent = client.listen(Float64MultiArray, "effort_controller/commands", qos.RECORD)
    with run_nodes(*LOOP, real_time_factor=0.25, respawn=True) as group:
        watch = Watch(client)
        assert start_moving(client, task, wait_until, watch)
        pid, count = group.pids["effort_guard"], len(sent)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(sent) > count and not np.any(sent[-1].data), "zero")
        assert group.pids["effort_guard"] != pid


@pytest.fixture
def short_task(task, tmp_path):
    """The task with rollouts of 2 s, which take 8 s at the pace below."""
    path = tmp_path / "hockey.yaml"
    path.write_text(task.source.replace("steps: 100", "steps: 40"))
    assert load_task(path).T == 40
    return str(path)


def test_a_killed_learner_leaves_a_rollout_that_ends_with_zero_torque(
    run_nodes, client, short_task, wait_until, tmp_path
):
    names, runs = tuple(spec.name for spec in NODES), str(tmp_path / "runs")
    slow = {"task": short_task, "real_time_factor": 0.25, "runs_directory": runs}
    with run_nodes(*names, **slow) as group:
        watch = Watch(client)
        action = ActionClient(client.node, TrainLocal, "learner/train_local")
        wait_until(action.server_is_ready, "train_local")
        goal = TrainLocal.Goal(method="pilqr", iterations=1, rollouts=2)
        assert wait_for(action.send_goal_async(goal), 10.0, "learner", "accept").accepted
        wait_until(lambda: watch.commands and watch.moving(), "commands and torques")
        os.kill(group.pids["learner"], signal.SIGKILL)
        commands = len(watch.commands)
        wait_until(lambda: watch.commands[-1].last, "the rollout's end")
        wait_until(watch.at_rest, "zero torque")
        assert len(watch.commands) > commands  # nobody else was disturbed
        time.sleep(1.0)
        assert watch.commands[-1].last
        assert watch.at_rest()
