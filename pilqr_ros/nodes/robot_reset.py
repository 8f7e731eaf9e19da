"""Node `robot_reset`: brings a real arm to a start, with a person's help where a hand is needed.

It offers the same service `reset` as the simulation does. The arm moves by torque commands that go
through `effort_guard` like any other. When a tracked body is not in place, the torques end, the
latched topic `~/operator_request` says what is missing, and the service `~/confirm` goes on. The
service `~/cancel` ends a reset wherever it is.
"""

from __future__ import annotations

import sys
import time
from array import array
from dataclasses import dataclass

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import String
from std_srvs.srv import Trigger

from pilqr_msgs.msg import AppliedTorque, State, TorqueCommand
from pilqr_msgs.srv import Reset
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError
from pilqr_ros.nodes.errors import BusyError, ParameterError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import NANOSECONDS, set_stamp, to_nanoseconds, view_field
from pilqr_ros.nodes.messages.wiring import publish, subscribe
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.diagnostics import Diagnosis, Diagnostics, Level
from pilqr_ros.nodes.runtime.failure import failure_of, tell
from pilqr_ros.nodes.runtime.parameters import NodeParameters, declare, section
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.runtime.wake import wake
from pilqr_ros.robot.guard.command_stream import CommandStream
from pilqr_ros.robot.guard.interventions import GUARD, REFUSED, refusal_code
from pilqr_ros.robot.reset.joint_servo import JointServo
from pilqr_ros.robot.reset.reset_motion import ResetMotion
from pilqr_ros.robot.reset.reset_session import ResetSession
from pilqr_ros.robot.reset.start_check import StartCheck
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.schema import Randomised
from pilqr_ros.tasks.starts import start_of
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class ResetParameters(NodeParameters):
    """Parameters of the reset."""

    motion: ResetMotion = section(ResetMotion)


class RobotResetNode(Node):
    """Wires states, torque commands and a person to one `ResetSession` at a time."""

    def __init__(self) -> None:
        """Offer the services."""
        super().__init__("robot_reset")
        self._given = declare(self, ResetParameters)
        if self._given.lockstep:
            raise ParameterError("real_time_factor", 0.0, "above 0: an arm moves in real time")
        self._task: Task = self._given.load_task()
        self._session: ResetSession | None = None
        self._over: Future[None] = Future()
        self._asked = self._last_failure = ""
        self._period_ns = round(self._task.period_ns / self._given.real_time_factor)
        self._rollouts = CommandStream(2 * self._period_ns)
        self._streaming = False
        self._message = TorqueCommand(effort=array("d", bytes(8 * self._task.dU)))
        self._message.rollout_id = time.time_ns()  # shared with no rollout
        self._effort = view_field(self._message.effort)
        self._wire()
        if self._task.randomised != Randomised():
            self.get_logger().info("`randomised` is of simulation: this arm is as it is")

    def _wire(self) -> None:
        self._commands = publish(self, TorqueCommand, "torque_command", qos.COMMAND)
        self._requests = self.create_publisher(String, "~/operator_request", qos.LATCHED)
        self._requests.publish(String())
        subscribe(self, State, "state", self._on_state, qos.SENSOR)
        subscribe(self, AppliedTorque, "applied_torque", self._on_applied, qos.RECORD)
        subscribe(self, TorqueCommand, "torque_command", self._on_command, qos.RECORD)
        # A group of its own: a reset that is awaited must not hold the timer back.
        apart = ReentrantCallbackGroup()
        self.create_service(Reset, "reset", self._on_reset, callback_group=apart)
        self.create_service(Trigger, "~/confirm", self._on_confirm)
        self.create_service(Trigger, "~/cancel", self._on_cancel)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(self._period_ns / NANOSECONDS, self._on_tick, clock=steady)
        self._diagnostics = Diagnostics(self, self._diagnose)

    async def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        """Run one reset; the callbacks below drive it and complete the future."""
        try:
            session = self._new_session(request)
        except PilqrError as error:
            tell(response, failure_of(error))
            self._last_failure = response.message
            return response
        self._over, self._session = Future(), session
        began = time.monotonic()
        await self._over
        self._session = None
        response.success, response.message = not session.failure, session.failure
        response.error_code = int(session.code)
        if session.failure:
            self.get_logger().error(f"no reset: {session.failure}")
        else:
            self.get_logger().info(f"at the start after {time.monotonic() - began:.1f} s")
        self._fill(response, session)
        return response

    def _new_session(self, request: Reset.Request) -> ResetSession:
        """Return a session for a request, or raise unless it fits the task and this moment."""
        task, motion = self._task, self._given.motion
        start = start_of(task, request.condition, request.seed, request.jitter)
        check = StartCheck(task, request.condition, start)
        if self._session is not None:
            raise BusyError("a reset is under way")
        if check.untracked:
            names = ", ".join(check.untracked)
            self.get_logger().info(f"not tracked, so not checked: {names}", once=True)
        model, limits, dt = task.robot_model, task.torque_limits, task.dt
        return ResetSession(
            start,
            check,
            lambda: JointServo(model, task.joints, limits, dt, motion),
            motion,
            task.period_ns,
            self._now_ns(),
        )

    def _fill(self, response: Reset.Response, session: ResetSession) -> None:
        """Tell how exactly the start was reached, and when."""
        self._last_failure = session.failure
        if session.errors is not None and session.sensed is not None:
            response.position_error, response.velocity_error = session.errors
            set_stamp(response.stamp, session.sensed.stamp_ns)

    def _on_confirm(
        self, _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        if self._session is None:
            response.message = "nothing is asked for"
            return response
        response.success, response.message = self._session.confirm(self._now_ns())
        self._follow(self._session)
        return response

    def _on_cancel(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """End the reset under way: no torque is sent any more."""
        if self._session is None:
            response.message = "no reset is under way"
            return response
        self._session.fail("cancelled", ErrorCode.CANCELLED)
        self._follow(self._session)
        response.success, response.message = True, "the reset has ended"
        return response

    def _now_ns(self) -> int:
        """Return the time of the robot, which a simulation may have go faster [ns]."""
        return round(time.monotonic_ns() * self._given.real_time_factor)

    def _on_state(self, state: State) -> None:
        if self._session is None:
            return
        stamp_ns = to_nanoseconds(state.header.stamp)
        self._session.on_state(stamp_ns, view_field(state.x), state.reason, self._now_ns())
        self._follow(self._session)

    def _on_tick(self) -> None:
        self._rollouts.fell_silent(time.monotonic_ns())
        session = self._session
        if session is None:
            self._send(None)
        elif not self._rollouts.active:  # otherwise its last command may still be on its way
            self._send(session.on_tick(self._now_ns()))
            self._follow(session)

    def _on_applied(self, message: AppliedTorque) -> None:
        if self._session is not None and message.rollout_id == self._message.rollout_id:
            refused = message.interventions & REFUSED
            fault = f"{GUARD}: {message.detail}" if refused else ""
            self._session.on_answer(fault, refusal_code(refused))
            self._follow(self._session)

    def _on_command(self, command: TorqueCommand) -> None:
        """Hear the commands of others: where a rollout is under way, this node keeps out."""
        if command.rollout_id == self._message.rollout_id:
            return
        self._rollouts.on_command(time.monotonic_ns(), command.last)
        if self._session is not None and not command.last:
            self._session.fail("a rollout is under way", ErrorCode.BUSY)
            self._follow(self._session)

    def _send(self, effort: Array | None) -> None:
        """Publish a torque; none ends the stream of torques with zero."""
        if effort is None and not self._streaming:
            return
        if effort is not None and not self._streaming:
            self._message.rollout_id += 1
            self._message.step = 0
        self._streaming = effort is not None
        self._message.last = effort is None
        self._effort[:] = 0.0 if effort is None else effort
        if self._session is not None and self._session.sensed is not None:
            set_stamp(self._message.header.stamp, self._session.sensed.stamp_ns)
        self._commands.publish(self._message)
        self._message.step += 1

    def _follow(self, session: ResetSession) -> None:
        """Tell a person what is asked for, and wake the service when the reset is over."""
        if session.request != self._asked:
            self._asked = session.request
            self._requests.publish(String(data=self._asked))
            if self._asked:
                self.get_logger().warning(
                    f"a hand is needed: {self._asked}. Then call {self.get_name()}/confirm "
                    "(or `pilqr confirm`) and keep clear of the arm"
                )
        if session.done and not self._over.done():
            self._send(None)
            self._over.set_result(None)
            wake(self)

    def _diagnose(self) -> list[Diagnosis]:
        if self._asked:
            return [Diagnosis("reset", Level.WARN, f"a hand is needed: {self._asked}")]
        if self._last_failure:
            return [Diagnosis("reset", Level.ERROR, self._last_failure)]
        doing = "idle" if self._session is None else self._session.phase.name.lower()
        return [Diagnosis("reset", Level.OK, doing)]


def main() -> None:
    """Run the node."""
    sys.exit(run(RobotResetNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
