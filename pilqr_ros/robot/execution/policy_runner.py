"""Executing a policy step by step and recording what happened."""

from __future__ import annotations

from collections.abc import Sequence
from operator import le

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.robot.execution.errors import RolloutAborted
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_records import RolloutEnd
from pilqr_ros.robot.guard.interventions import (
    FROM_OUTSIDE,
    PROTECTED,
    kinds_of,
    refusal,
    refusal_code,
)
from pilqr_ros.robot.guard.torque_records import AppliedTorque
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.finite import all_finite
from pilqr_ros.trajopt.policy import Policy
from pilqr_ros.trajopt.typing import Array

_UNANSWERED = -1
"""Stands for the interventions of a step of which nobody told what was applied."""

_MAX_TICK_PERIODS = 1.5
"""Control periods after which the next state comes too late."""

MAX_OVER_LIMIT = 1e6
"""Times a joint's torque limit beyond which a number means no torque: with a gain like this, a
microradian takes the motor to its limit, and so does the noise of any sensor."""


class PolicyRunner:
    """Runs a policy once.

    For each step: `act` with the state, send the torque, `record_applied` with what the limits let
    through. `rollout` tells at any time what was done so far, and whether one may learn from it.

    Attributes:
        step: The next step.
    """

    def __init__(
        self,
        policy: Policy,
        noise: Array,
        condition: int,
        seed: int,
        *,
        joints: Sequence[str] | None = None,
        labels: Sequence[str] | None = None,
        period_ns: int | None = None,
        max_fraction_limited: float = 1.0,
        torque_limits: Array | None = None,
    ) -> None:
        """Start at the first step.

        Args:
            policy: The policy.
            noise: Unit exploration noise, ``(T, dU)``; zeros for none.
            condition: Index of the condition, for the record.
            seed: Seed of the noise, for the record.
            joints: Names of the joints, for errors.
            labels: Names of the state's entries, for errors.
            period_ns: Control period [ns]; given, a late tick makes the rollout invalid.
            max_fraction_limited: Largest share of steps in which the robot had to be kept from
                bounds or speed; more make the rollout invalid.
            torque_limits: Torque limits of the joints [N m], ``(dU,)``; given, a torque that is
                absurd beside them ends the rollout.
        """
        T, dU, dX = policy.T, policy.dU, policy.dX
        if noise.shape != (T, dU):
            raise ShapeError("noise", noise.shape, f"({T}, {dU})")
        self.step = 0
        self._policy, self._noise, self._T = policy, noise, T
        self._condition, self._seed, self._period_ns = condition, seed, period_ns
        self._max_fraction_limited = max_fraction_limited
        self._max_torque = (
            None if torque_limits is None else (MAX_OVER_LIMIT * torque_limits).tolist()
        )
        self._joints = [f"joint {i}" for i in range(dU)] if joints is None else joints
        self._labels = [f"entry {i}" for i in range(dX)] if labels is None else labels
        self._states = np.zeros((T, dX))
        self._stamps: list[int] = []
        self._commanded, self._applied = np.zeros((T, dU)), np.zeros((T, dU))
        self._interventions = np.full(T, _UNANSWERED, dtype=np.int64)
        self._ticks: list[int] = []

    @property
    def finished(self) -> bool:
        """Whether every step was acted on."""
        return self.step == self._T

    def act(self, stamp_ns: int, x: Array, tick_ns: int | None = None) -> Array:
        """Return the torque of the next step in state x [N m], ``(dU,)``.

        Args:
            stamp_ns: Stamp of the state [ns].
            x: The state, ``(dX,)``.
            tick_ns: Present time on the steady clock [ns], for the record; none in lock-step.

        Raises:
            RolloutAborted: State or torque is not finite, the torque is absurd, stamps do not
                increase, or the rollout is over.
        """
        t = self.step
        if self.finished:
            raise RolloutAborted(
                f"step {t}: the policy has only {self._T} steps", ErrorCode.INVALID_POLICY
            )
        if x.shape != self._states.shape[1:]:
            raise ShapeError("x", x.shape, f"({self._policy.dX},)")
        if self._stamps and stamp_ns <= self._stamps[-1]:
            problem = f"stamp {stamp_ns} ns does not follow {self._stamps[-1]} ns"
            raise RolloutAborted(f"step {t}: {problem}", ErrorCode.TOO_LATE, interrupted=True)
        _check_finite(x, self._labels, f"step {t}: state", ErrorCode.NO_STATE)
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at below
            u = self._policy.act(t, x, self._noise[t])
        _check_finite(u, self._joints, f"step {t}: torque of", ErrorCode.INVALID_POLICY)
        if self._max_torque is not None:
            _check_size(u, self._max_torque, self._joints, f"step {t}: torque of")
        self._states[t], self._commanded[t] = x, u
        self._stamps.append(stamp_ns)
        if tick_ns is not None:
            self._ticks.append(tick_ns)
        self.step += 1
        return u

    def record_applied(self, applied: AppliedTorque) -> None:
        """Record the torque that a step's command became after the limits.

        Told once more of the same step, the torque stays: a refusal comes later than its start.

        Args:
            applied: The guard's answer; its step is one that was acted on.

        Raises:
            RolloutAborted: The step was not acted on, the torque is not finite, or the command was
                refused.
        """
        step, effort, interventions = applied.step, applied.effort, applied.interventions
        if not 0 <= step < self.step:
            problem = f"step {step}: a torque was applied that was never commanded"
            raise RolloutAborted(problem, ErrorCode.TOO_LATE, interrupted=True)
        what = f"step {step}: applied torque of"
        _check_finite(np.asarray(effort), self._joints, what, ErrorCode.ROBOT_FAULT)
        if self._interventions[step] == _UNANSWERED:
            self._applied[step], self._interventions[step] = effort, 0
        self._interventions[step] |= interventions
        refused = refusal(step, interventions, applied.detail)
        if refused:
            outside = bool(interventions & FROM_OUTSIDE)
            raise RolloutAborted(refused, refusal_code(interventions), interrupted=outside)

    def rollout(
        self,
        failure: str = "",
        code: ErrorCode = ErrorCode.INTERNAL,
        *,
        interrupted: bool = False,
    ) -> Rollout:
        """Return what was executed so far.

        Args:
            failure: Why the rollout ended early; empty if it did not.
            code: What that is.
            interrupted: Whether that is not of the policy and the robot.
        """
        steps = self.step
        disturbed = RolloutEnd() if failure else self._disturbance()
        end = RolloutEnd(failure, code) if failure else disturbed
        if not end.reason:
            end = self._limitation()
        return Rollout(
            condition=self._condition,
            seed=self._seed,
            states=self._states[:steps].copy(),
            commanded=self._commanded[:steps].copy(),
            applied=self._applied[:steps].copy(),
            noise=self._noise[:steps].copy(),
            stamps=np.array(self._stamps, dtype=np.int64),
            interventions=np.maximum(self._interventions[:steps], 0),
            ticks=np.array(self._ticks, dtype=np.int64),
            valid=not end.reason,
            reason=end.reason,
            interrupted=interrupted or bool(disturbed.reason),
            code=end.code,
        )

    def _disturbance(self) -> RolloutEnd:
        """Return what of the graph disturbed the rollout, if anything."""
        if not self.finished:
            return RolloutEnd(f"ended at step {self.step} of {self._T}", ErrorCode.NO_ANSWER)
        missing = np.flatnonzero(self._interventions == _UNANSWERED)
        if missing.size > 0:
            told = f"step {missing[0]}: nobody told what was applied"
            return RolloutEnd(told, ErrorCode.NO_ANSWER)
        return self._lateness()

    def _limitation(self) -> RolloutEnd:
        """Return how much the robot had to be kept from bounds and speed, if too much."""
        limited = limitation(self._interventions, self._max_fraction_limited)
        return RolloutEnd(limited, ErrorCode.BEYOND_LIMITS) if limited else RolloutEnd()

    def _lateness(self) -> RolloutEnd:
        """Return which state came too late, if one did."""
        if self._period_ns is None:
            return RolloutEnd()
        gaps = np.diff(self._stamps)
        late = np.flatnonzero(gaps > _MAX_TICK_PERIODS * self._period_ns)
        if late.size == 0:
            return RolloutEnd()
        gap, period = gaps[late[0]] * 1e-6, self._period_ns * 1e-6
        told = f"step {late[0] + 1}: {gap:.1f} ms after the last, period {period:.1f} ms"
        return RolloutEnd(told, ErrorCode.TOO_LATE)


def limitation(interventions: NDArray[np.int64], max_fraction_limited: float) -> str:
    """Return how much a robot had to be kept from bounds and speed; empty if not too much.

    Args:
        interventions: Sums of `Intervention`, ``(T,)``.
        max_fraction_limited: Largest share of steps in which it may have to be.
    """
    protected = interventions & int(PROTECTED)
    steps, allowed = np.count_nonzero(protected), max_fraction_limited * interventions.size
    if steps <= allowed:
        return ""
    kinds = " and ".join(kinds_of(int(np.bitwise_or.reduce(protected))))
    return f"{kinds} cut the torque in {steps} steps, allowed: {allowed:g}"


def _check_finite(values: Array, names: Sequence[str], what: str, code: ErrorCode) -> None:
    """Abort at the first entry that is not finite."""
    if not all_finite(values):
        index = int(np.argmin(np.isfinite(values)))
        raise RolloutAborted(f"{what} {names[index]} is {values[index]}", code)


def _check_size(u: Array, largest: Sequence[float], joints: Sequence[str], what: str) -> None:
    """Abort at the first torque that is absurd."""
    if not all(map(le, map(abs, u.tolist()), largest)):
        index = int(np.argmax(np.abs(u) > largest))
        times = f"{MAX_OVER_LIMIT:g} times its limit"
        problem = f"{what} {joints[index]} is {u[index]:g} N m, more than {times}"
        raise RolloutAborted(problem, ErrorCode.INVALID_POLICY)
