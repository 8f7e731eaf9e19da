"""The guard alone, between a commander, a controller and joints that the test plays."""

import os
import signal
import sys
import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import SetBool, Trigger

from pilqr_msgs.msg import AppliedTorque, GuardState, TorqueCommand
from pilqr_ros import graph
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.clients.guard_client import switch_guard
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import set_stamp, to_field
from pilqr_ros.nodes.runtime.waiting import wait_for

PACE = 0.2
TIMEOUT = 0.5
"""Two control periods at this pace [s]: what a busy machine may take between two commands."""
PERIOD_NS, RESET_NS = 50_000_000, 1_000_000_000


@pytest.fixture(scope="module")
def bench(run_nodes, client, task, wait_until):
    with run_nodes("effort_guard", real_time_factor=PACE, start_enabled=False) as group:
        bench = Bench(client, task)
        wait_until(bench.connected, "effort_guard")
        bench.nodes = group
        yield bench
        group.check()


@pytest.fixture
def guard(bench, wait_until):
    """An enabled guard that has seen the end of a rollout, and a new rollout's number."""
    bench.reset_estop()
    assert bench.enable(True).success
    wait_until(lambda: bench.states[-1].state == GuardState.ENABLED, "enabled")
    bench.exchange(wait_until, np.zeros(bench.task.dU), last=True)
    bench.rollout_id += 1
    bench.answers.clear()
    time.sleep(TIMEOUT / 2)  # zeros of the guard at rest may still be on their way
    bench.outputs.clear()
    return bench


class Bench:
    def __init__(self, client, task):
        node = client.node
        self.task = task
        self.rollout_id = self.step = self.stamp_ns = 0
        self.moved = {}
        self.commands = node.create_publisher(TorqueCommand, "torque_command", qos.COMMAND)
        self.joint_states = node.create_publisher(JointState, "joint_states", qos.RELIABLE)
        self.button = node.create_publisher(Bool, "estop", qos.RELIABLE)
        self.answers = client.listen(AppliedTorque, "applied_torque", qos.RECORD)
        self.outputs = client.listen(Float64MultiArray, "effort_controller/commands", qos.RECORD)
        self.states = client.listen(GuardState, "guard_state", qos.LATCHED)
        self.diagnostics = client.listen(DiagnosticArray, "/diagnostics", qos.RECORD)
        self.services = {
            name: node.create_client(kind, f"effort_guard/{name}")
            for name, kind in (("enable", SetBool), ("estop", Trigger), ("reset_estop", Trigger))
        }

    def connected(self):
        heard = (self.commands, self.joint_states, self.button)
        ready = all(service.service_is_ready() for service in self.services.values())
        return ready and self.states and all(p.get_subscription_count() > 0 for p in heard)

    def call(self, name, request):
        return wait_for(self.services[name].call_async(request), 10.0, "effort_guard", name)

    def enable(self, on):
        return self.call("enable", SetBool.Request(data=on))

    def estop(self):
        return self.call("estop", Trigger.Request())

    def reset_estop(self):
        return self.call("reset_estop", Trigger.Request())

    def press(self, down):
        self.button.publish(Bool(data=down))

    def sense(self, **changes):
        """Publish the next joint state, at the start unless told otherwise.

        Joints get elsewhere within a gap of the stamps, as in a reset: they do not jump.
        """
        self.stamp_ns += PERIOD_NS if changes == self.moved else RESET_NS
        self.moved = changes
        positions = dict(zip(self.task.joints, self.task.conditions[0].start, strict=True))
        message = JointState(name=list(positions), velocity=to_field(np.zeros(self.task.dU)))
        message.position = to_field(list((positions | changes).values()))
        set_stamp(message.header.stamp, self.stamp_ns)
        self.joint_states.publish(message)

    def send(self, effort, last=False):
        command = TorqueCommand(rollout_id=self.rollout_id, step=self.step, last=last)
        set_stamp(command.header.stamp, self.stamp_ns)
        command.effort = to_field(effort)
        self.step += 1
        self.commands.publish(command)

    def exchange(self, wait_until, effort, last=False, **joints):
        """Sense, send a command, and return the answer and the controller's input."""
        answers, outputs = len(self.answers), len(self.outputs)
        self.sense(**joints)
        self.send(effort, last)
        wait_until(lambda: len(self.answers) > answers and len(self.outputs) > outputs, "an answer")
        return self.answers[answers], np.array(self.outputs[outputs].data)


def test_it_starts_disabled_and_says_so(bench, wait_until, task):
    wait_until(lambda: bench.states, "guard_state")
    assert bench.states[0].state == GuardState.DISABLED
    assert bench.states[0].reason.startswith("disabled until `pilqr guard enable`")
    answer, output = bench.exchange(wait_until, 0.1 * task.torque_limits)
    assert answer.interventions == AppliedTorque.DISABLED
    assert not output.any()


def test_a_disabled_guard_keeps_sending_zero(bench, wait_until):
    bench.enable(False)
    bench.outputs.clear()
    wait_until(lambda: len(bench.outputs) > 5, "zeros")
    assert not np.any([output.data for output in bench.outputs])


def test_zero_reaches_a_controller_that_is_found_after_others(fresh_client, run_nodes, wait_until):
    """For controllers that hold the last torque of a guard that died."""
    topic = (Float64MultiArray, "effort_controller/commands")
    first = fresh_client.listen(*topic, qos.RECORD)
    with run_nodes("effort_guard", real_time_factor=1.0):
        wait_until(lambda: first, "zero")
        with ClientNode("controller") as controller:
            late = []
            controller.node.create_subscription(*topic, late.append, qos.COMMAND)
            wait_until(lambda: late, "zero")
    assert not np.any([output.data for output in late])


def test_a_small_torque_passes_and_is_told(guard, wait_until, task):
    effort = 0.1 * task.torque_limits
    answer, output = guard.exchange(wait_until, effort)
    np.testing.assert_array_equal(output, effort)
    np.testing.assert_array_equal(answer.effort, effort)
    assert (answer.rollout_id, answer.interventions) == (guard.rollout_id, AppliedTorque.NONE)
    guard.exchange(wait_until, np.zeros(task.dU), last=True)


def test_another_devices_joint_states_are_passed_over(guard, wait_until, task):
    gripper = JointState(name=["finger"], position=[0.01], velocity=[0.0])
    set_stamp(gripper.header.stamp, guard.stamp_ns + 10**12)
    effort = 0.1 * task.torque_limits
    for _ in range(3):
        guard.joint_states.publish(gripper)
        answer, output = guard.exchange(wait_until, effort)
        np.testing.assert_array_equal(output, effort)
        assert answer.interventions == AppliedTorque.NONE
    guard.exchange(wait_until, np.zeros(task.dU), last=True)


def test_torque_and_its_rate_are_limited_and_the_joint_is_named(guard, wait_until, task):
    answer, output = guard.exchange(wait_until, 10 * task.torque_limits)
    np.testing.assert_array_equal(output, task.torque_rate_limits)
    assert answer.interventions == AppliedTorque.EFFORT_LIMIT | AppliedTorque.RATE_LIMIT
    assert task.joints[0] in answer.detail
    for _ in range(2):
        _, output = guard.exchange(wait_until, 10 * task.torque_limits)
    np.testing.assert_array_equal(output, task.torque_limits)
    guard.exchange(wait_until, np.zeros(task.dU), last=True)


def test_torque_toward_a_bound_is_removed_and_beyond_it_everything_stops(guard, wait_until, task):
    effort = 0.1 * task.torque_limits
    answer, output = guard.exchange(wait_until, effort, r_elbow_flex_joint=0.0)
    expected = np.where(np.array(task.joints) == "r_elbow_flex_joint", 0.0, effort)
    np.testing.assert_array_equal(output, expected)
    assert answer.interventions == AppliedTorque.JOINT_BOUND
    answer, output = guard.exchange(wait_until, effort, r_elbow_flex_joint=0.2)
    assert not output.any()
    assert answer.interventions == AppliedTorque.JOINT_STOP
    assert answer.detail == "r_elbow_flex_joint 0.2 rad out of bounds"
    _, output = guard.exchange(wait_until, effort)
    assert not output.any()  # the rollout is over


def test_the_first_intervention_and_every_50th_are_warned_of(guard, wait_until, task):
    effort, lines = 0.1 * task.torque_limits, guard.nodes.lines
    guard.exchange(wait_until, effort, r_wrist_flex_joint=0.0)
    told = "r_wrist_flex_joint at 0 rad: 1 N m toward its bound"

    def warnings():
        return [line for _, line in lines if "joint_bound no." in line]

    wait_until(warnings, "a warning")
    assert any("joint_bound no. 1:" in line for line in warnings())
    guard.diagnostics.clear()
    for _ in range(60):
        guard.exchange(wait_until, effort, r_wrist_flex_joint=0.0)
    wait_until(lambda: any("no. 51" in line and told in line for line in warnings()), "the 51st")
    assert len(warnings()) == 2
    wait_until(lambda: counted(guard.diagnostics, "joint_bound") > 60, "/diagnostics")
    guard.exchange(wait_until, np.zeros(task.dU), last=True)


def counted(diagnostics, kind):
    """Return how many interventions of a kind the last diagnostics tell."""
    values = [
        int(value.value)
        for message in diagnostics
        for status in message.status
        for value in status.values
        if value.key == kind and status.name == "effort_guard: torque"
    ]
    return values[-1] if values else 0


def test_the_last_command_means_zero_at_once(guard, wait_until, task):
    for _ in range(3):
        guard.exchange(wait_until, task.torque_limits)
    answer, output = guard.exchange(wait_until, task.torque_limits, last=True)
    np.testing.assert_array_equal(output, np.zeros(task.dU))
    assert answer.interventions == AppliedTorque.NONE
    time.sleep(3 * TIMEOUT)
    assert len(guard.outputs) == 4  # silence after the last command is no fault


@pytest.mark.parametrize("effort", [[np.nan] * 7, [np.inf] + [0.0] * 6, [0.0] * 6, []])
def test_a_torque_that_is_not_finite_or_of_a_wrong_size_becomes_zero(guard, wait_until, effort):
    answer, output = guard.exchange(wait_until, effort)
    np.testing.assert_array_equal(output, np.zeros(7))
    assert answer.interventions == AppliedTorque.NON_FINITE
    guard.exchange(wait_until, np.zeros(7), last=True)


def test_silence_within_a_rollout_sends_zero_once_within_the_timeout(guard, wait_until, task):
    began = time.monotonic()
    guard.exchange(wait_until, 0.1 * task.torque_limits)
    wait_until(lambda: len(guard.answers) == 2 == len(guard.outputs), "the time-out")
    assert TIMEOUT < time.monotonic() - began < 4 * TIMEOUT
    assert guard.answers[1].interventions == AppliedTorque.TIMEOUT
    assert "no command for 500 ms" in guard.answers[1].detail
    np.testing.assert_array_equal(guard.outputs[1].data, np.zeros(task.dU))
    time.sleep(3 * TIMEOUT)
    assert len(guard.outputs) == 2


def test_a_command_without_joint_states_is_refused_within_the_timeout(guard, wait_until, task):
    guard.stamp_ns += 10 * PERIOD_NS
    guard.send(0.1 * task.torque_limits)
    wait_until(lambda: guard.answers and guard.outputs, "the refusal")
    assert guard.answers[0].interventions == AppliedTorque.JOINT_STATE
    assert "joint_states is silent" in guard.answers[0].detail
    assert not np.any(guard.outputs[0].data)


def press(guard, _wait_until):
    guard.press(True)
    guard.press(False)


def call(guard, _wait_until):
    assert guard.estop().success


@pytest.mark.parametrize("stop", [press, call])
def test_an_emergency_stop_is_zero_at_once_and_latches(guard, wait_until, task, stop):
    effort = 0.1 * task.torque_limits
    guard.exchange(wait_until, effort)
    stop(guard, wait_until)
    wait_until(lambda: guard.states[-1].state == GuardState.STOPPED, "stopped")
    wait_until(lambda: guard.answers[-1].interventions == AppliedTorque.ESTOP, "its answer")
    assert "emergency stop" in guard.answers[-1].detail
    wait_until(lambda: not np.any(guard.outputs[-1].data), "zero")
    guard.rollout_id += 1
    answer, _ = guard.exchange(wait_until, effort)
    assert answer.interventions == AppliedTorque.ESTOP
    refused = guard.enable(True)
    assert not refused.success
    assert "`pilqr guard reset` (service ~/reset_estop) comes first" in refused.message
    assert guard.reset_estop().success
    answer, _ = guard.exchange(wait_until, effort)
    assert answer.interventions == AppliedTorque.ESTOP  # this rollout is over
    guard.rollout_id += 1
    answer, _ = guard.exchange(wait_until, effort)
    assert answer.interventions == AppliedTorque.DISABLED
    assert guard.enable(True).success
    guard.rollout_id += 1
    count = len(guard.answers)
    guard.exchange(wait_until, effort)
    assert guard.answers[count].interventions == AppliedTorque.NONE
    guard.exchange(wait_until, effort, last=True)


def test_a_held_button_allows_no_reset(guard, wait_until):
    guard.press(True)
    wait_until(lambda: guard.states[-1].state == GuardState.STOPPED, "stopped")
    told = len(guard.states)
    for _ in range(5):
        guard.press(True)
        time.sleep(0.02)
    assert len(guard.states) == told
    assert guard.reset_estop().message == "the emergency stop is still pressed"
    guard.press(False)
    wait_until(lambda: guard.reset_estop().success, "the reset")


def test_it_is_switched_from_the_command_line(guard, wait_until):
    told = {
        "stop": (GuardState.STOPPED, "no torque passes: emergency stop (service ~/estop)"),
        "reset": (GuardState.DISABLED, "no torque passes: disabled until `pilqr guard enable`"),
        "enable": (GuardState.ENABLED, "enabled: torques pass"),
        "disable": (GuardState.DISABLED, "no torque passes: disabled until"),
    }
    for action, (state, said) in told.items():
        assert switch_guard(action).startswith(f"effort_guard: {said}")
        wait_until(lambda state=state: guard.states[-1].state == state, action)
    with pytest.raises(NodeError, match="'halt' is nothing to do with the guard; allowed: enable"):
        switch_guard("halt")


def test_a_guard_that_stopped_is_not_enabled_from_the_command_line(guard):
    switch_guard("stop")
    with pytest.raises(NodeError, match="does not enable: emergency stop"):
        switch_guard("enable")


def test_a_button_that_falls_silent_is_an_emergency_stop(fresh_client, wait_until):
    states = fresh_client.listen(GuardState, "guard_state", qos.LATCHED)
    parameters = ["-p", "estop_timeout:=5.0"]
    command = [sys.executable, "-m", "pilqr_ros.nodes.effort_guard", "--ros-args", *parameters]
    graph.prepare_guard(graph.GraphOptions(), ["effort_guard"], lambda name, line: None)
    button = fresh_client.node.create_publisher(Bool, "estop", qos.RELIABLE)
    with ProcessGroup({"effort_guard": command}, lambda name, line: None) as group:

        def met():  # the guard counts from its own start, so the button is alive before
            button.publish(Bool(data=False))
            return states and button.get_subscription_count() > 0

        wait_until(met, "effort_guard")
        end = time.monotonic() + 6.0  # alive for longer than the timeout
        while time.monotonic() < end:
            button.publish(Bool(data=False))
            time.sleep(0.1)
        assert states[-1].state == GuardState.ENABLED
        wait_until(lambda: states[-1].state == GuardState.STOPPED, "the stop")
        assert states[-1].reason.startswith("emergency stop (no message on estop for 5 s): ")
        group.stop()


def test_the_state_of_torque_is_on_diagnostics(guard, wait_until):
    guard.diagnostics.clear()
    guard.estop()
    wait_until(
        lambda: any(
            status.name == "effort_guard: torque"
            and status.level == b"\x02"
            and "emergency stop" in status.message
            for message in guard.diagnostics
            for status in message.status
        ),
        "/diagnostics",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_guard_that_is_told_to_end_leaves_zero_torque(
    number, fresh_client, run_nodes, task, wait_until
):
    """For controllers that hold the last torque for ever."""
    with run_nodes("effort_guard", real_time_factor=PACE) as group:
        bench = Bench(fresh_client, task)
        wait_until(bench.connected, "effort_guard")
        for _ in range(2):
            bench.exchange(wait_until, 0.1 * task.torque_limits)
        wait_until(lambda: np.any(bench.outputs[-1].data), "a torque")
        os.kill(group.pids["effort_guard"], number)
        wait_until(group.first_ended, "the end")
        wait_until(lambda: not np.any(bench.outputs[-1].data), "zero torque", 5.0)


def test_in_lockstep_the_end_of_a_guard_does_not_move_the_world(
    fresh_client, run_nodes, wait_until
):
    """There, each torque is one step of the world, and a training would not be the same."""
    joints = fresh_client.listen(JointState, "joint_states", qos.SENSOR)
    outputs = fresh_client.listen(Float64MultiArray, "effort_controller/commands", qos.RECORD)
    states = fresh_client.listen(GuardState, "guard_state", qos.LATCHED)
    with run_nodes("mujoco_bridge", "effort_guard") as group:
        wait_until(lambda: joints and states, "the nodes")
        os.kill(group.pids["effort_guard"], signal.SIGINT)
        wait_until(group.first_ended, "the end")
        count, stamp = len(joints), joints[-1].header.stamp
        wait_until(lambda: len(joints) > count + 5, "sensors")
        assert joints[-1].header.stamp == stamp
        assert outputs == []
