"""One rollout as a state machine on any clock: states and ticks in, torque commands out.

A rollout waits for a state that is new enough, runs a policy step by step, ends with one zero
torque command marked as the last, and is over when the guard has told what it applied at every
step. In lock-step it answers each new state and waits for the state after the last command, so that
no command of it can reach the world after the next reset. In real time it acts on each tick.
Whatever goes wrong ends it the same way, with the reason in the rollout.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError
from pilqr_ros.robot.execution.errors import RolloutAborted
from pilqr_ros.robot.execution.policy_runner import PolicyRunner
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_records import GuardView, RolloutEnd, RolloutTiming
from pilqr_ros.robot.guard.interventions import GUARD
from pilqr_ros.robot.guard.torque_records import AppliedTorque, TorqueCommand
from pilqr_ros.trajopt.typing import Array

MAX_UNANSWERED = 2
"""Commands in real time whose applied torque may still be on its way."""

_MS = 1e-6
"""Milliseconds in a nanosecond."""


class RolloutPhase(Enum):
    """How far a rollout has come."""

    WAITING = auto()
    RUNNING = auto()
    STOPPING = auto()
    DONE = auto()


class RolloutSession:
    """Runs one policy once."""

    def __init__(
        self,
        runner: PolicyRunner,
        timing: RolloutTiming,
        not_before_ns: int,
        now_ns: int,
        view_guard: Callable[[], GuardView],
        *,
        rollout_id: int,
    ) -> None:
        """Begin to wait for the first state.

        Args:
            runner: What executes the policy.
            timing: When states and ticks have to come.
            not_before_ns: The first state's stamp is not before this [ns].
            now_ns: Present time on the steady clock [ns].
            view_guard: Tells what is known of the guard.
            rollout_id: What commands and answers name it by.
        """
        self.rollout_id = rollout_id
        self.phase = RolloutPhase.WAITING
        self.end = RolloutEnd()
        self.interrupted = False
        self.step = 0
        self._runner = runner
        self._timing = timing
        self._not_before_ns = not_before_ns
        self._view_guard = view_guard
        self._state_seen = False
        self._state_fault = ""
        self._deadline_ns = now_ns + timing.start_timeout_ns
        self._state: tuple[int, Array, int, str] | None = None
        self._stamp_ns = -1
        self._first_tick_ns = 0
        self._told: set[int] = set()
        self._stop_applied = False
        self._stop_seen = not timing.lockstep

    @property
    def reason(self) -> str:
        """Why it ended; empty if it has not, or has run to its end."""
        return self.end.reason

    @property
    def done(self) -> bool:
        """Whether nothing more will come of this rollout."""
        return self.phase is RolloutPhase.DONE

    def rollout(self) -> Rollout:
        """Return what was recorded, valid unless there is a reason why not."""
        return self._runner.rollout(*self.end, interrupted=self.interrupted)

    def on_state(
        self, stamp_ns: int, x: Array, now_ns: int, fault: str = ""
    ) -> TorqueCommand | None:
        """Take a state and return the command that answers it, if one does.

        Args:
            stamp_ns: Its stamp [ns].
            x: The state, ``(dX,)``.
            now_ns: Present time on the steady clock [ns].
            fault: Why parts of the state are not valid; empty if all are.
        """
        if not self._timing.lockstep:
            self._state = (stamp_ns, x.copy(), now_ns, fault)
            return None
        if fault and self.phase is RolloutPhase.RUNNING:
            return self.stop(self._not_valid(fault), now_ns)
        if self._may_start(stamp_ns, fault):
            return self._start(stamp_ns, x, now_ns)
        if self.phase is RolloutPhase.RUNNING and stamp_ns != self._stamp_ns:
            return self._answer(stamp_ns, x, now_ns)
        if self.phase is RolloutPhase.STOPPING and stamp_ns > self._stamp_ns:
            self._stop_seen = True
            self._finish_if_stopped()
        return None

    def on_tick(self, now_ns: int) -> TorqueCommand | None:
        """Take a tick of the control period: the time to act in real time, and to give up."""
        if self.phase is RolloutPhase.DONE:
            return None
        guard = self._view_guard() if self.phase is RolloutPhase.WAITING else None
        if guard is not None and guard.refusal:
            why = f"{GUARD} lets no torque pass: {guard.refusal}"
            return self.stop(RolloutEnd(why, guard.code), now_ns)
        if now_ns > self._deadline_ns:
            return self._give_up(now_ns)
        if self._timing.lockstep or self._state is None:
            return None
        stamp_ns, x, received_ns, invalid = self._state
        if self._may_start(stamp_ns, invalid):
            self._first_tick_ns = now_ns
            return self._act(stamp_ns, x, now_ns)
        if self.phase is RolloutPhase.RUNNING:
            fault = self._timing_fault(stamp_ns, received_ns, now_ns)
            fault = self._not_valid(invalid) if invalid else fault
            return self.stop(fault, now_ns) if fault.reason else self._continue(stamp_ns, x, now_ns)
        return None

    def on_applied(self, applied: AppliedTorque, now_ns: int) -> TorqueCommand | None:
        """Take the guard's answer to a command."""
        if applied.step == self.step:
            self._stop_applied = True
            self._finish_if_stopped()
            return None
        self._told.add(applied.step)
        try:
            self._runner.record_applied(applied)
        except PilqrError as error:
            return self._fail(error, now_ns)
        self._finish_if_stopped()
        return None

    def stop(
        self, end: RolloutEnd, now_ns: int, *, interrupted: bool = True
    ) -> TorqueCommand | None:
        """End the rollout with zero torque.

        Args:
            end: Why; nothing if it has run to its end.
            now_ns: Present time on the steady clock [ns].
            interrupted: Whether the reason is not of the policy and the robot.
        """
        if not self.end.reason and end.reason:
            self.end, self.interrupted = end, interrupted
        if self.phase is RolloutPhase.WAITING:
            self.phase = RolloutPhase.DONE
        if self.phase is not RolloutPhase.RUNNING:
            return None
        self.phase = RolloutPhase.STOPPING
        self._deadline_ns = now_ns + self._timing.state_timeout_ns
        return TorqueCommand(self._stamp_ns, self.rollout_id, self.step, last=True)

    def _fail(self, error: PilqrError, now_ns: int) -> TorqueCommand | None:
        """End the rollout because of an error."""
        outside = error.interrupted if isinstance(error, RolloutAborted) else True
        return self.stop(RolloutEnd(str(error), error.code), now_ns, interrupted=outside)

    def _not_valid(self, fault: str) -> RolloutEnd:
        """Return that a state is not valid, and why."""
        return RolloutEnd(f"step {self.step}: {fault}", ErrorCode.NO_STATE)

    def _may_start(self, stamp_ns: int, fault: str) -> bool:
        """Tell whether a state may be the rollout's first."""
        if self.phase is not RolloutPhase.WAITING:
            return False
        self._state_fault = fault
        new_enough = not fault and stamp_ns >= self._not_before_ns
        self._state_seen |= new_enough
        guard = self._view_guard()
        return new_enough and guard.found and guard.refusal == ""

    def _start(self, stamp_ns: int, x: Array, now_ns: int) -> TorqueCommand | None:
        """Act on the first state in lock-step, which is the one right after the reset."""
        moved_ns = stamp_ns - self._not_before_ns
        if self._not_before_ns > 0 and moved_ns > 0:
            late = f"{moved_ns * _MS:g} ms"
            why = f"the world has moved on by {late} since its reset"
            return self.stop(RolloutEnd(why, ErrorCode.TOO_LATE), now_ns)
        return self._act(stamp_ns, x, now_ns)

    def _answer(self, stamp_ns: int, x: Array, now_ns: int) -> TorqueCommand | None:
        """Answer a new state in lock-step."""
        advance_ns = stamp_ns - self._stamp_ns
        if advance_ns != self._timing.period_ns:
            why = (
                f"the state after step {self.step - 1} is {advance_ns * _MS:g} ms later, "
                f"expected {self._timing.period_ns * _MS:g} ms"
            )
            return self.stop(RolloutEnd(why, ErrorCode.TOO_LATE), now_ns)
        return self._continue(stamp_ns, x, now_ns)

    def _continue(self, stamp_ns: int, x: Array, now_ns: int) -> TorqueCommand | None:
        """Act, or end a policy that has run through."""
        if self._runner.finished:
            self._stamp_ns = stamp_ns
            return self.stop(RolloutEnd(), now_ns)
        return self._act(stamp_ns, x, now_ns)

    def _act(self, stamp_ns: int, x: Array, now_ns: int) -> TorqueCommand | None:
        """Return the policy's command in a state."""
        try:
            effort = self._runner.act(stamp_ns, x, None if self._timing.lockstep else now_ns)
        except PilqrError as error:
            return self._fail(error, now_ns)
        self.phase = RolloutPhase.RUNNING
        self._stamp_ns = stamp_ns
        self._deadline_ns = now_ns + self._timing.state_timeout_ns
        command = TorqueCommand(stamp_ns, self.rollout_id, self.step, effort)
        self.step += 1
        return command

    def _timing_fault(self, stamp_ns: int, received_ns: int, now_ns: int) -> RolloutEnd:
        """Return what is wrong with a tick in real time, or nothing."""
        lateness_ns = now_ns - self._first_tick_ns - self.step * self._timing.tick_ns
        if abs(lateness_ns) > self._timing.tick_tolerance_ns:
            how = "late" if lateness_ns > 0 else "early"
            when = f"came {abs(lateness_ns) * _MS:.1f} ms {how}"
            return RolloutEnd(f"the tick of step {self.step} {when}", ErrorCode.TOO_LATE)
        if now_ns - received_ns > self._timing.state_age_ns:
            age = f"{(now_ns - received_ns) * _MS:.1f} ms old: state_estimator is silent"
            return RolloutEnd(f"the state of step {self.step} is {age}", ErrorCode.NO_STATE)
        if stamp_ns <= self._stamp_ns:
            order = f"the stamp of step {self.step} is not newer than that of the step before"
            return RolloutEnd(order, ErrorCode.TOO_LATE)
        if self.step - len(self._told) > MAX_UNANSWERED:
            return RolloutEnd(f"step {self.step}: {self._untold()}", ErrorCode.NO_ANSWER)
        return RolloutEnd()

    def _untold(self) -> str:
        missing = self.step - len(self._told)
        return f"{GUARD} has not told the torque of {missing} of {self.step} steps"

    def _give_up(self, now_ns: int) -> TorqueCommand | None:
        """Name who did not answer in time."""
        last = self.step - 1
        waited = {
            RolloutPhase.WAITING: self._missing_start(),
            RolloutPhase.RUNNING: f"no state came after step {last}: the control loop is broken",
            RolloutPhase.STOPPING: self._missing_answer(),
        }[self.phase]
        not_valid = self.phase is RolloutPhase.WAITING and self._state_fault
        if self.phase is RolloutPhase.STOPPING:
            self.phase = RolloutPhase.DONE
        code = ErrorCode.NO_STATE if not_valid else ErrorCode.NO_ANSWER
        return self.stop(RolloutEnd(waited, code), now_ns)

    def _missing_start(self) -> str:
        if self._state_fault:
            return f"no valid state came: {self._state_fault}"
        if not self._state_seen:
            return "no new enough state came: state_estimator or mujoco_bridge is silent"
        return f"{GUARD} is not there, or no controller listens to it"

    def _missing_answer(self) -> str:
        if len(self._told) < self.step or not self._stop_applied:
            return self._untold()
        return "no state came after the last command"

    def _finish_if_stopped(self) -> None:
        complete = self._stop_seen and self._stop_applied and len(self._told) >= self.step
        if self.phase is RolloutPhase.STOPPING and complete:
            self.phase = RolloutPhase.DONE
