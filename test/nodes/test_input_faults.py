"""Sensors that fail within a rollout: it is aborted at once, and its reason names the sensor."""

import os
import re
import signal
import threading
from functools import partial

import numpy as np
import pytest

from pilqr_msgs.msg import TorqueCommand
from pilqr_msgs.srv import PlaceBody
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.waiting import wait_for

FACTOR = 0.3  # a slow world, in which a busy machine still is in time
NODES = {
    "mujoco_bridge": (),
    "effort_guard": (),
    "state_estimator": ("input_timeout:=0.12",),
    "trajectory_executor": (),
}


@pytest.fixture
def faulty(run_with):
    """Return a context manager that runs the control loop with parameters of the bridge."""

    def run(*bridge):
        return run_with({**NODES, "mujoco_bridge": bridge}, f"real_time_factor:={FACTOR}")

    return run


class Trial:
    """Executes the initial policy in a thread."""

    def __init__(self, client, collector, task, wait_for_loop, late):
        self.commands = client.listen(TorqueCommand, "torque_command", qos.COMMAND)
        self.collector, self.task, self.late = collector, task, late
        self.wait_for_loop = partial(wait_for_loop, client)
        self.rollout = None

    def begin(self):
        self.wait_for_loop()
        self.commands.clear()
        self.thread = threading.Thread(target=self._collect)
        self.thread.start()

    def end(self):
        self.thread.join(60.0)
        return self.rollout

    def rolling_or_over(self):
        """Tell whether it is time to disturb; a busy machine may have ended the rollout before."""
        return any(command.step > 3 for command in self.commands) or not self.thread.is_alive()

    def _collect(self):
        policy = self.task.initial_policy(0)
        self.rollout = self.collector.collect(policy, 0, 0, True, False)

    def until_it_says(self, pattern, disturb):
        """Run rollouts with a disturbance; a busy machine may end one before it does."""
        for _ in range(4):
            self.begin()
            disturb()
            rollout = self.end()
            assert not rollout.valid
            if re.search(pattern, rollout.reason):
                return rollout
            assert self.late.search(rollout.reason), rollout.reason
        raise AssertionError(rollout.reason)


@pytest.fixture
def trial(client, collector, task, wait_for_loop, late):
    return Trial(client, collector, task, wait_for_loop, late)


def test_a_body_that_motion_capture_loses_ends_the_rollout_by_its_age(faulty, trial):
    with faulty("mocap_dropout:=0.03", "mocap_dropout_time:=0.6"):
        rollout = trial.until_it_says("step .*pose of puck is", lambda: None)
        assert re.search(r"pose of puck is 1\d\d\.\d ms old, allowed: 100", rollout.reason)
        assert rollout.T < 100
        assert np.isfinite(rollout.states).all()


def test_frozen_joint_states_and_a_jumping_body_end_the_rollout_and_are_named(
    faulty, trial, client, wait_until
):
    places = client.node.create_client(PlaceBody, "mujoco_bridge/place_body")
    with faulty() as group:
        wait_until(lambda: places.service_is_ready(), "mujoco_bridge")

        def freeze():
            wait_until(trial.rolling_or_over, "commands")
            os.kill(group.pids["mujoco_bridge"], signal.SIGSTOP)
            trial.thread.join(10.0)
            os.kill(group.pids["mujoco_bridge"], signal.SIGCONT)

        trial.until_it_says("joint_states has been silent", freeze)

        def jump():
            wait_until(trial.rolling_or_over, "commands")
            where = PlaceBody.Request(body="puck", x=0.85, y=-1.0, z=0.025)
            assert wait_for(places.call_async(where), 10.0, "mujoco_bridge", "place").success

        trial.until_it_says(r"pose of puck jumps by 0\.\d+ m", jump)


def test_in_lockstep_a_pose_that_is_lost_is_waited_for_and_then_the_last_one_serves(
    run_with, trial, collect_whole
):
    nodes = {**NODES, "mujoco_bridge": ("mocap_dropout:=0.05",)}
    with run_with({**nodes, "state_estimator": ("input_timeout:=0.15",)}):
        trial.wait_for_loop()
        policy = trial.task.initial_policy(0)
        rollout = collect_whole(trial.collector, policy, 0, 0, True, False)
    assert rollout.valid, rollout.reason
    assert rollout.T == trial.task.T
