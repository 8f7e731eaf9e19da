"""Node `effort_guard`: the only one that talks to the robot's controller.

It wires a `TorqueGuard` between commands and controller, tells what it let through, and sends zero
torque when a rollout ends, when a command cannot be applied, when the next one does not come in
time, while it is disabled or stopped, until the first command comes, and when it ends. Commands are
matched with the joint state that it hears itself.

Whether it is enabled, disabled or stopped outlives it: see `RecordedSwitch`.
"""

from __future__ import annotations

import sys
import time
from array import array
from dataclasses import dataclass

from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import SetBool, Trigger

from pilqr_msgs.msg import AppliedTorque as AppliedMessage
from pilqr_msgs.msg import GuardState
from pilqr_msgs.msg import TorqueCommand as CommandMessage
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import NANOSECONDS, to_nanoseconds, view_field
from pilqr_ros.nodes.messages.torque_messages import command_from_message, put_applied
from pilqr_ros.nodes.messages.wiring import count_listeners, publish, subscribe
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.diagnostics import Diagnosis, Diagnostics, Level
from pilqr_ros.nodes.runtime.parameters import (
    ListenerParameters,
    declare,
    hardware,
    parameter,
    robot_joints,
)
from pilqr_ros.nodes.runtime.publisher_watch import PublisherWatch
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.guard.command_stream import CommandStream
from pilqr_ros.robot.guard.interventions import GUARD, Intervention, InterventionLog, refusal_code
from pilqr_ros.robot.guard.recorded_switch import RecordedSwitch
from pilqr_ros.robot.guard.safety_record import SafetyRecord, record_path
from pilqr_ros.robot.guard.torque_guard import build_guard
from pilqr_ros.robot.guard.torque_records import AppliedTorque

CHECKS_PER_TIMEOUT = 5
SEARCH_PERIOD = 0.05
"""How often the guard looks for a controller until there is one [s]."""
WAITING_PERIOD = 5.0
"""Least time between two messages of the same kind [s]."""
LAST_TORQUE_TIMEOUT = Duration(seconds=0.3)
"""Longest wait for the robot to have heard the last zero torque."""

RECORDING_PERIOD_NS = 1_000_000_000
"""How long after a record could not be written it is tried again [ns]."""


@dataclass(frozen=True)
class GuardParameters(ListenerParameters):
    """Parameters of the guard."""

    robot_joints: tuple[str, ...] = robot_joints()
    torque_limits: tuple[float, ...] = parameter(
        (), "the robot's own, within the task's [N m]; none: the task's"
    )
    torque_rate_limits: tuple[float, ...] = parameter(
        (), "the robot's own, within the task's [N m per control step]; none: the task's"
    )
    hardware: bool = hardware()
    state_directory: str = parameter(
        "",
        "where it is kept whether the guard is stopped; empty: pilqr_ros/guard in $XDG_STATE_HOME "
        "or ~/.local/state",
    )
    estop_timeout: float = parameter(
        0.0, "longest silence of the topic estop [s]; 0: it need not speak", low=0.0, high=60.0
    )


class EffortGuardNode(Node):
    """Wires a `TorqueGuard` between commands and controller."""

    _wired = False

    def __init__(self) -> None:
        """Publish to the controller and listen for commands."""
        super().__init__(GUARD)
        self._given = declare(self, GuardParameters)
        task = self._given.load_task()
        timeout_ns = self._given.timeout_ns(task.period_ns)
        self._guard = build_guard(
            task,
            timeout_ns=timeout_ns,
            between_commands=not self._given.lockstep,
            enabled=False,
            strict=self._given.hardware,
            joint_names=self._given.robot_joints,
            torque_limits=self._given.torque_limits,
            torque_rate_limits=self._given.torque_rate_limits,
            joint_jumps=not self._given.lockstep,
        )
        record = SafetyRecord(record_path(self.get_namespace(), self._given.state_directory))
        self._switch = RecordedSwitch(self._guard.switch, record, hardware=self._given.hardware)
        self._record_due_ns = 0
        self._commanded = False
        self._log = InterventionLog()
        self._applied = AppliedMessage(effort=array("d", bytes(8 * task.dU)))
        self._output = Float64MultiArray(data=array("d", bytes(8 * task.dU)))
        self._output_data = view_field(self._output.data)
        self._controller = publish(
            self, Float64MultiArray, "effort_controller/commands", qos.COMMAND
        )
        self._watch = PublisherWatch(self, self._controller)
        self._report = publish(self, AppliedMessage, "applied_torque", qos.RECORD)
        self._state = publish(self, GuardState, "guard_state", qos.LATCHED)
        subscribe(self, JointState, "joint_states", self._on_joints, qos.SENSOR)
        self._create_switches()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._search = self.create_timer(SEARCH_PERIOD, self._find_controller, clock=steady)
        check_period = timeout_ns / NANOSECONDS / CHECKS_PER_TIMEOUT
        self.create_timer(check_period, self._check, clock=steady)
        self._diagnostics = Diagnostics(self, self._diagnose)
        self._tell_state()
        self._wired = True

    def _create_switches(self) -> None:
        """Offer what lets torque pass and what stops it."""
        self.create_service(SetBool, "~/enable", self._on_enable)
        self.create_service(Trigger, "~/estop", self._on_estop)
        self.create_service(Trigger, "~/reset_estop", self._on_reset_estop)
        subscribe(self, Bool, "estop", self._on_button, qos.RELIABLE)
        self._button: CommandStream | None = None
        if self._given.estop_timeout > 0.0:
            self._button = CommandStream(round(self._given.estop_timeout * NANOSECONDS))
            self._button.on_command(time.monotonic_ns())

    def _find_controller(self) -> None:
        """Listen to commands only when a controller hears the torques: none shall be lost."""
        if count_listeners(self, self._controller) <= 0:
            waiting = f"waiting for a controller on {self._controller.topic_name}"
            self.get_logger().info(waiting, throttle_duration_sec=WAITING_PERIOD)
            return
        subscribe(self, CommandMessage, "torque_command", self._on_command, qos.COMMAND)
        self._search.cancel()
        self._rest()

    def _on_command(self, message: CommandMessage) -> None:
        self._commanded = True
        command = command_from_message(message)
        if not self._guard.admits(command):
            foreign = f"torque command of rollout {command.rollout_id} ignored: not under way"
            self.get_logger().warning(foreign, throttle_duration_sec=WAITING_PERIOD)
            return
        self._send(self._guard.on_command(time.monotonic_ns(), command))

    def _on_joints(self, message: JointState) -> None:
        if not self._guard.joints.concerns(message.name):
            return
        stamp_ns = to_nanoseconds(message.header.stamp)
        joints = message.name, message.position, message.velocity
        try:
            self._send(self._guard.on_joints(time.monotonic_ns(), stamp_ns, *joints))
        except StateError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=WAITING_PERIOD)

    def _check(self) -> None:
        now_ns = time.monotonic_ns()
        if self._button is not None and self._button.fell_silent(now_ns):
            self._stop(f"no message on estop for {self._given.estop_timeout:g} s")
        self._send(self._guard.check(now_ns))
        if self._watch.look(now_ns):
            self._send(self._guard.on_others(self._watch.others))
            self._tell_state()
        if self._switch.unrecorded and now_ns > self._record_due_ns:
            self._keep()
        if self._guard.switch.refusal[0] is not Intervention.NONE or not self._commanded:
            self._rest()

    def _rest(self) -> None:
        """Send zero torque, unasked: at start and end, in case a guard died, and while disabled.

        At the start over and over: not every controller may have been found at once.
        In lock-step the world waits anyway, and would take it for a command.
        """
        if not self._given.lockstep:
            self._output_data[:] = 0.0
            self._controller.publish(self._output)

    def _send(self, torque: AppliedTorque | None) -> None:
        """Send a torque to the robot and tell what was done to the commanded one."""
        if torque is None:
            return
        self._output_data[:] = torque.effort
        self._controller.publish(self._output)
        put_applied(self._applied, torque)
        self._report.publish(self._applied)
        if torque.interventions:
            warning = self._log.note(torque)
            if warning:
                self.get_logger().warning(warning)

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        if request.data:
            self._answer(response, refusal=self._switch.enable())
        else:
            self._send(self._guard.disable())
            self._answer(response, problem=self._keep())
        self._tell_state()
        return response

    def _on_estop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._answer(response, problem=self._stop("service ~/estop"))
        return response

    def _on_reset_estop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._answer(response, refusal=self._switch.reset())
        if self._button is not None:
            self._button.on_command(time.monotonic_ns())
        self._tell_state()
        return response

    def _on_button(self, message: Bool) -> None:
        self._guard.switch.pressed = message.data
        if self._button is not None:
            self._button.on_command(time.monotonic_ns())
        if message.data and not self._guard.switch.stopped:
            self._stop("topic estop")

    def _stop(self, reason: str) -> str:
        """Stop at once, then record it; return what is wrong with the record, if anything."""
        self._send(self._guard.stop(reason))
        problem = self._keep()
        self._tell_state()
        return problem

    def _keep(self) -> str:
        """Record what took torque away, and return what is wrong with the record, if anything."""
        problem = self._switch.keep()
        self._record_due_ns = time.monotonic_ns() + RECORDING_PERIOD_NS
        if problem:
            self.get_logger().error(problem, throttle_duration_sec=WAITING_PERIOD)
        return problem

    def _answer(
        self, response: SetBool.Response | Trigger.Response, *, refusal: str = "", problem: str = ""
    ) -> None:
        """Tell who switched the guard its state now and what is wrong with it, or its refusal."""
        response.success = not refusal
        state = self._guard.switch.summary
        response.message = refusal or (f"{state}; but {problem}" if problem else state)

    def _tell_state(self) -> None:
        """Publish whether torque passes, and log it."""
        kinds, reason = self._guard.switch.refusal
        state, code = _state_and_level(kinds)[0], int(refusal_code(kinds))
        message = GuardState(state=state, reason=reason, error_code=code)
        message.header.stamp = self.get_clock().now().to_msg()
        self._state.publish(message)
        self.get_logger().info(reason or "enabled")
        self._diagnostics.report()

    def _diagnose(self) -> list[Diagnosis]:
        kinds, reason = self._guard.switch.refusal
        message = reason or ("a rollout is under way" if self._guard.active else "enabled")
        return [Diagnosis("torque", _state_and_level(kinds)[1], message, self._log.counts)]

    def destroy_node(self) -> None:
        """Leave zero torque behind: a controller would hold the last one for ever."""
        if self._wired and self.context.ok():
            self._rest()
            self._controller.wait_for_all_acked(LAST_TORQUE_TIMEOUT)
        super().destroy_node()


def _state_and_level(kinds: Intervention) -> tuple[int, Level]:
    """Return what the guard is called, and how bad that is, by what keeps torque from passing."""
    if kinds & Intervention.ESTOP:
        return GuardState.STOPPED, Level.ERROR
    if kinds & Intervention.OTHER_PUBLISHER:
        return GuardState.DISABLED, Level.ERROR
    return (GuardState.DISABLED, Level.WARN) if kinds else (GuardState.ENABLED, Level.OK)


def main() -> None:
    """Run the node."""
    sys.exit(run(EffortGuardNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
