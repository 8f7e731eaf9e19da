"""Node `trajectory_executor`: runs a policy once for each goal of its action `execute_rollout`.

One thread does everything: a rollout is an awaited future, and states, ticks and the guard's
answers drive its `RolloutSession` from their callbacks.
"""

from __future__ import annotations

import sys
import time
from array import array
from dataclasses import dataclass

from rclpy.action import CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import String

from pilqr_msgs.action import ExecuteRollout
from pilqr_msgs.msg import AppliedTorque as AppliedMessage
from pilqr_msgs.msg import GuardState, State
from pilqr_msgs.msg import Rollout as RolloutMessage
from pilqr_msgs.msg import TorqueCommand as CommandMessage
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.nodes.errors import BusyError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import (
    NANOSECONDS,
    rollout_to_message,
    to_nanoseconds,
    view_field,
)
from pilqr_ros.nodes.messages.policy_messages import policy_from_goal
from pilqr_ros.nodes.messages.torque_messages import applied_from_message, put_command
from pilqr_ros.nodes.messages.wiring import count_listeners, publish, subscribe
from pilqr_ros.nodes.runtime.action_server import ActionServer
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.diagnostics import Diagnosis, Diagnostics, Level
from pilqr_ros.nodes.runtime.parameters import NodeParameters, declare, hardware, parameter
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.runtime.wake import wake
from pilqr_ros.robot.execution.policy_execution import build_runner
from pilqr_ros.robot.execution.policy_runner import PolicyRunner
from pilqr_ros.robot.execution.rollout_records import GuardView, RolloutEnd, RolloutTiming
from pilqr_ros.robot.execution.rollout_session import RolloutSession
from pilqr_ros.robot.execution.tick_jitter import TickMeter
from pilqr_ros.robot.guard.torque_records import TorqueCommand
from pilqr_ros.tasks import Task

FEEDBACK_PERIOD_NS = 500_000_000
"""Least time between two feedback messages [ns]: signs of life, not data."""

CANCELLED = RolloutEnd("cancelled", ErrorCode.CANCELLED)
"""Why a rollout ended whose goal was cancelled."""

BUSY = RolloutEnd("another rollout is under way", ErrorCode.BUSY)
"""Why a rollout did not begin."""


@dataclass(frozen=True)
class ExecutorParameters(NodeParameters):
    """Parameters of the executor."""

    hardware: bool = hardware()
    start_timeout: float = parameter(
        3.0, "longest wait for the first state of a rollout [s]", low=0.1, high=60.0
    )
    state_timeout: float = parameter(
        1.0, "longest wait within a rollout in lock-step, and for its end [s]", low=0.05, high=60.0
    )
    tick_tolerance: float = parameter(
        0.5, "largest lateness of a tick in real time [control periods]", low=0.01, high=1.0
    )
    state_age: float = parameter(
        1.0, "largest age of a state in real time [control periods]", low=0.1, high=10.0
    )

    def timing(self, period_ns: int) -> RolloutTiming:
        """Return when states and ticks have to come at a control period [ns]."""
        tick_ns = period_ns if self.lockstep else round(period_ns / self.real_time_factor)
        return RolloutTiming(
            lockstep=self.lockstep,
            period_ns=period_ns,
            tick_ns=tick_ns,
            start_timeout_ns=round(self.start_timeout * NANOSECONDS),
            state_timeout_ns=round(self.state_timeout * NANOSECONDS),
            tick_tolerance_ns=round(self.tick_tolerance * tick_ns),
            state_age_ns=round(self.state_age * tick_ns),
        )


class TrajectoryExecutorNode(Node):
    """Wires states, torque commands and the action to one `RolloutSession` at a time."""

    def __init__(self) -> None:
        """Offer the action."""
        super().__init__("trajectory_executor")
        parameters = declare(self, ExecutorParameters)
        self._task: Task = parameters.load_task()
        self._tolerances = self._task.guard(strict=parameters.hardware)
        self._timing = parameters.timing(self._task.period_ns)
        self._session: RolloutSession | None = None
        self._goal: ServerGoalHandle | None = None
        self._over: Future[None] = Future()
        self._sign_ns = 0
        self._guard_state: GuardState | None = None
        self._rollout_id = time.time_ns()  # no two rollouts share it, even if the node restarts
        self._message = CommandMessage(effort=array("d", bytes(8 * self._task.dU)))
        self._commands = publish(self, CommandMessage, "torque_command", qos.COMMAND)
        self._rollouts = publish(self, RolloutMessage, "rollout", qos.ROLLOUTS)
        subscribe(self, State, "state", self._on_state, qos.SENSOR)
        subscribe(self, AppliedMessage, "applied_torque", self._on_applied, qos.RECORD)
        subscribe(self, String, "robot_fault", self._on_robot_fault, qos.RECORD)
        subscribe(self, GuardState, "guard_state", self._on_guard_state, qos.LATCHED)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(self._timing.tick_ns / NANOSECONDS, self._on_tick, clock=steady)
        self._meter = TickMeter(self._timing.tick_ns)
        Diagnostics(self, self._diagnose)
        self._server = ActionServer(
            self,
            ExecuteRollout,
            "~/execute_rollout",
            self._new_runner,
            self._execute,
            self._on_cancel,
        )

    def _new_runner(self, goal: ExecuteRollout.Goal) -> PolicyRunner:
        """Return what executes a goal's policy, or raise unless it fits the task and the moment."""
        if self._session is not None:
            raise BusyError(BUSY.reason)
        return build_runner(
            self._task,
            policy_from_goal(goal),
            goal.condition,
            goal.seed,
            goal.explore,
            self._tolerances.max_fraction_limited,
        )

    async def _execute(self, goal: ServerGoalHandle, runner: PolicyRunner) -> ExecuteRollout.Result:
        """Run one rollout; the callbacks below drive it and complete the future."""
        if goal.is_cancel_requested:
            goal.canceled()
            return _nothing_done(CANCELLED)
        if self._session is not None:  # of a goal that was accepted at the same time
            goal.abort()
            return _nothing_done(BUSY)
        self._rollout_id += 1
        self._over = Future()
        self._goal, self._session = goal, self._new_session(runner, goal.request)
        await self._over
        rollout = self._session.rollout()
        message = rollout_to_message(rollout, self._task.name)
        self._rollouts.publish(message)
        self._goal, self._session = None, None
        if goal.is_cancel_requested:
            goal.canceled()
        elif rollout.T == self._task.T:
            goal.succeed()
        else:
            goal.abort()
        return ExecuteRollout.Result(rollout=message, error_code=int(rollout.code))

    def _new_session(self, runner: PolicyRunner, goal: ExecuteRollout.Goal) -> RolloutSession:
        return RolloutSession(
            runner,
            self._timing,
            to_nanoseconds(goal.not_before),
            time.monotonic_ns(),
            self._view_guard,
            rollout_id=self._rollout_id,
        )

    def _view_guard(self) -> GuardView:
        """Tell whether the guard hears commands, its answers are heard, and torque may pass."""
        heard = count_listeners(self, self._commands) > 0
        found = heard and self.count_publishers("applied_torque") > 0
        state = self._guard_state
        if state is None:
            return GuardView(found, None)
        return GuardView(found, state.reason, ErrorCode(state.error_code))

    def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        """Stop a goal's rollout; a goal whose rollout has not begun ends when it would begin."""
        if self._session is not None and goal == self._goal:
            self._send(self._session.stop(CANCELLED, time.monotonic_ns()))
        return CancelResponse.ACCEPT

    def _on_state(self, state: State) -> None:
        if self._session is None:
            return
        stamp_ns = to_nanoseconds(state.header.stamp)
        x, now_ns = view_field(state.x), time.monotonic_ns()
        self._send(self._session.on_state(stamp_ns, x, now_ns, state.reason))

    def _on_tick(self) -> None:
        now_ns = time.monotonic_ns()
        self._meter.note(now_ns)
        if self._session is not None:
            self._send(self._session.on_tick(now_ns))

    def _on_applied(self, message: AppliedMessage) -> None:
        applied = applied_from_message(message)
        if self._session is not None and applied.rollout_id == self._session.rollout_id:
            self._send(self._session.on_applied(applied, time.monotonic_ns()))

    def _on_robot_fault(self, fault: String) -> None:
        """End the rollout: whoever stands for the robot cannot go on with it."""
        if self._session is not None:
            now_ns, end = time.monotonic_ns(), RolloutEnd(fault.data[:200], ErrorCode.ROBOT_FAULT)
            self._send(self._session.stop(end, now_ns, interrupted=False))

    def _on_guard_state(self, message: GuardState) -> None:
        self._guard_state = message

    def _diagnose(self) -> list[Diagnosis]:
        """Return how evenly the node ticks; in lock-step nothing hangs on that."""
        jitter = self._meter.judge()
        if jitter is None or self._timing.lockstep:
            return [Diagnosis("ticks", Level.OK, "in lock-step, or none yet")]
        late = jitter.max_ms > self._timing.tick_tolerance_ns * 1e-6
        level, message = (Level.WARN, "some came late") if late else (Level.OK, "in time")
        return [Diagnosis("ticks", level, message, jitter._asdict())]

    def _send(self, command: TorqueCommand | None) -> None:
        """Publish a command if there is one, and wake the action when the rollout is over."""
        if command is not None:
            put_command(self._message, command)
            self._commands.publish(self._message)
            self._give_sign(command.step)
        if self._session is not None and self._session.done and not self._over.done():
            self._over.set_result(None)
            wake(self)

    def _give_sign(self, step: int) -> None:
        """Give a sign of life from time to time."""
        now_ns = time.monotonic_ns()
        if self._goal is not None and now_ns - self._sign_ns > FEEDBACK_PERIOD_NS:
            self._sign_ns = now_ns
            self._goal.publish_feedback(ExecuteRollout.Feedback(step=step))


def _nothing_done(why: RolloutEnd) -> ExecuteRollout.Result:
    """Return the result of a goal whose rollout never began."""
    rollout = RolloutMessage(reason=why.reason, interrupted=True)
    return ExecuteRollout.Result(rollout=rollout, error_code=int(why.code))


def main() -> None:
    """Run the node."""
    sys.exit(run(TrajectoryExecutorNode, executor=ControlExecutor))


if __name__ == "__main__":
    main()
