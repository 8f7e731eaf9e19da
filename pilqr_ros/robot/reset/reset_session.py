"""One reset of a robot as a state machine on any clock: states and ticks in, torques out.

The arm moves to the start and settles there. When a tracked body is not in place, the torques end
and a person is asked; after the confirmation the arm, which may have sagged or been pushed, moves
to the start and settles again. The reset succeeds when the joints have stayed within tolerance, and
the bodies in place, for the settle time. Every phase has a deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

import numpy as np

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.guard.interventions import GUARD
from pilqr_ros.robot.reset.joint_reference import JointReference
from pilqr_ros.robot.reset.joint_servo import JointServo
from pilqr_ros.robot.reset.reset_motion import ResetMotion
from pilqr_ros.robot.reset.start_check import Sensed, StartCheck
from pilqr_ros.trajopt.typing import Array

_S = 1e-9
"""Seconds in a nanosecond."""

MAX_UNANSWERED = 5
"""Torques whose answer by the guard may still be on its way."""


class Confirmation(NamedTuple):
    """Whether a person's confirmation was taken, and what to tell them."""

    accepted: bool
    message: str


class ResetPhase(Enum):
    """How far a reset has come."""

    MOVING = auto()
    SETTLING = auto()
    ASKING = auto()
    DONE = auto()


class ResetSession:
    """Brings a robot to a start once.

    Attributes:
        phase: How far it has come.
        failure: Why it failed; empty if it did not.
        code: What that is; NONE if it did not.
        request: What a person is asked for; empty if nothing.
        sensed: The last state; None before the first.
    """

    def __init__(
        self,
        start: Array,
        check: StartCheck,
        new_servo: Callable[[], JointServo],
        motion: ResetMotion,
        period_ns: int,
        now_ns: int,
    ) -> None:
        """Begin to wait for the first state.

        Args:
            start: Where the joints are to be [rad or m], ``(dU,)``.
            check: What judges states.
            new_servo: Returns a servo without history.
            motion: Speeds and times.
            period_ns: Control period [ns].
            now_ns: Present time on the steady clock [ns].
        """
        self.failure = self.request = ""
        self.code = ErrorCode.NONE
        self.sensed: Sensed | None = None
        self._start, self._check, self._new_servo, self._motion = start, check, new_servo, motion
        self._state_age_ns = motion.state_age_ns(period_ns)
        self._received_ns = now_ns
        self._unanswered = 0
        self._begin(now_ns)

    @property
    def done(self) -> bool:
        """Whether the reset has succeeded or failed."""
        return self.phase is ResetPhase.DONE

    @property
    def errors(self) -> tuple[float, float] | None:
        """Largest errors of position and velocity at the last state; None before the first."""
        return None if self.sensed is None else self._check.largest_errors(self.sensed)

    def on_state(self, stamp_ns: int, x: Array, reason: str, now_ns: int) -> None:
        """Take a state ``(dX,)``, of which blocks may be NaN for a reason."""
        if self.done:
            return
        try:
            self.sensed = self._check.read(stamp_ns, x, reason)
        except StateError as error:
            if self.phase is not ResetPhase.ASKING and self.sensed is not None:
                self.fail(str(error), error.code)
            return
        self._received_ns = now_ns
        if self.phase is ResetPhase.SETTLING:
            self._settle(self.sensed, now_ns)

    def on_tick(self, now_ns: int) -> Array | None:
        """Return the torque of the next control period [N m], ``(dU,)``; None for no torque."""
        if self.phase is ResetPhase.ASKING:
            if now_ns > self._deadline_ns:
                seconds = self._motion.operator_ns * _S
                nobody = f"nobody confirmed within {seconds:g} s: {self.request}"
                self.fail(nobody, ErrorCode.NO_ANSWER)
            return None
        if not self.done and now_ns > self._deadline_ns:
            self._give_up()
        if self.done or self.sensed is None:
            return None
        if now_ns - self._received_ns > self._state_age_ns:
            age = (now_ns - self._received_ns) * _S
            self.fail(f"no state for {age:.2f} s: state_estimator is silent", ErrorCode.NO_STATE)
            return None
        return self._torque(self.sensed, now_ns)

    def on_answer(self, fault: str, code: ErrorCode = ErrorCode.NONE) -> None:
        """Take the guard's answer to a torque, with what is fatally wrong with it, if anything."""
        self._unanswered = 0
        if fault and self.phase in (ResetPhase.MOVING, ResetPhase.SETTLING):
            self.fail(fault, code)

    def confirm(self, now_ns: int) -> Confirmation:
        """Take a person's word that the bodies are in place; it is checked."""
        if self.phase is not ResetPhase.ASKING or self.sensed is None:
            return Confirmation(False, "nothing is asked for")
        errors = self._check.scene_errors(self.sensed)
        if errors:
            self.request = "; ".join(errors)
            return Confirmation(False, f"not yet: {self.request}")
        self._begin(now_ns)
        return Confirmation(True, "thank you; the arm moves to its start: keep clear")

    def fail(self, reason: str, code: ErrorCode = ErrorCode.RESET_FAILED) -> None:
        """End the reset without success, unless it has ended.

        Args:
            reason: Why.
            code: What that is.
        """
        if not self.done:
            self.failure, self.request, self.phase = reason, "", ResetPhase.DONE
            self.code = code

    def _begin(self, now_ns: int) -> None:
        """Begin to move to the start."""
        self.phase, self.request = ResetPhase.MOVING, ""
        self._deadline_ns = now_ns + self._motion.deadline_ns
        self._reference: JointReference | None = None
        self._servo = self._new_servo()
        self._joints_since_ns: int | None = None
        self._bodies_since_ns: int | None = None
        self._unanswered = 0

    def _torque(self, sensed: Sensed, now_ns: int) -> Array | None:
        """Return the torque towards the reference of this moment."""
        if self._reference is None:
            self._reference, self._began_ns = self._plan(sensed), now_ns
        seconds = (now_ns - self._began_ns) * _S
        wanted = self._reference.at(seconds)
        if self.done:
            return None
        if self.phase is ResetPhase.MOVING and seconds >= self._reference.duration:
            self.phase = ResetPhase.SETTLING
        behind = np.abs(wanted.position - sensed.positions)
        if behind.max() > self._motion.tracking_error:
            far, unit, _ = self._check.farthest(behind)
            allowed = self._motion.tracking_error
            self.fail(f"the arm is {far:.2f} {unit} off its path, allowed: {allowed:g} {unit}")
            return None
        if self._unanswered > MAX_UNANSWERED:
            self.fail(f"{GUARD} does not answer", ErrorCode.NO_ANSWER)
            return None
        self._unanswered += 1
        return self._servo.torque(sensed.positions, sensed.velocities, wanted)

    def _plan(self, sensed: Sensed) -> JointReference:
        """Return the way to the start, and fail if it takes too long."""
        motion = self._motion
        reference = JointReference(sensed.positions, self._start, motion.max_speed)
        allowed = motion.deadline_ns * _S
        if reference.duration > allowed:
            way, unit, speed = self._check.farthest(np.abs(self._start - sensed.positions))
            self.fail(
                f"the start is {way:.2f} {unit} away: at {motion.max_speed:g} {speed} that takes "
                f"{reference.duration:.0f} s, allowed: {allowed:g} s; move the arm by hand"
            )
        return reference

    def _settle(self, sensed: Sensed, now_ns: int) -> None:
        """Judge a state at the start: go on, ask a person, or succeed."""
        joints_off = self._check.joint_errors(sensed)
        bodies_off = self._check.scene_errors(sensed)
        self._joints_since_ns = _since(self._joints_since_ns, now_ns, not joints_off)
        self._bodies_since_ns = _since(self._bodies_since_ns, now_ns, not bodies_off)
        if not self._long_enough(self._joints_since_ns, now_ns):
            return
        if bodies_off:
            self.phase, self.request = ResetPhase.ASKING, "; ".join(bodies_off)
            self._deadline_ns = now_ns + self._motion.operator_ns
        elif self._long_enough(self._bodies_since_ns, now_ns):
            self.phase = ResetPhase.DONE

    def _long_enough(self, since_ns: int | None, now_ns: int) -> bool:
        return since_ns is not None and now_ns - since_ns >= self._motion.settle_ns

    def _give_up(self) -> None:
        """Fail, naming what is off."""
        seconds = self._motion.deadline_ns * _S
        if self.sensed is None:
            nothing = f"no state came within {seconds:g} s: state_estimator is silent"
            self.fail(nothing, ErrorCode.NO_STATE)
            return
        errors = self._check.joint_errors(self.sensed) + self._check.scene_errors(self.sensed)
        what = "; ".join(errors) or "it did not stay there"
        self.fail(f"the start was not reached within {seconds:g} s: {what}")


def _since(since_ns: int | None, now_ns: int, holds: bool) -> int | None:
    """Return since when something has held without a break."""
    if not holds:
        return None
    return now_ns if since_ns is None else since_ns
