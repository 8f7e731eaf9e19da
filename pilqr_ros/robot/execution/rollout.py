"""A finished trajectory: what was sensed, drawn, commanded and applied at each control step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class Rollout:
    """One execution of a policy.

    Attributes:
        condition: Index of the task's condition.
        seed: Seed of the exploration noise and of the start's jitter.
        states: States x_t, ``(T, dX)``.
        commanded: Torques the policy asked for [N m], ``(T, dU)``.
        applied: Torques that reached the robot after every limit [N m], ``(T, dU)``.
        noise: Unit exploration noise xi_t, ``(T, dU)``; zeros where exploration was off.
        stamps: Stamp of each state [ns], ``(T,)``.
        interventions: What the guard did at each step, sums of `Intervention`, ``(T,)``.
        ticks: Steady clock when each step was acted on [ns], ``(T,)``; empty in lock-step.
        valid: Whether the rollout may be learned from.
        reason: Why it is not valid; empty if it is.
        interrupted: Whether that is not of the policy and the robot, but of the graph around them:
            a node that died, a late tick, a lost message. The same rollout may be repeated.
        robot: Name of the robot that executed it, where there are several; else empty.
        code: What the reason is, where it is known: it is not kept on disk.
    """

    condition: int
    seed: int
    states: Array
    commanded: Array
    applied: Array
    noise: Array
    stamps: NDArray[np.int64]
    interventions: NDArray[np.int64]
    ticks: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    valid: bool = True
    reason: str = ""
    interrupted: bool = False
    robot: str = ""
    code: ErrorCode = ErrorCode.NONE

    def __post_init__(self) -> None:
        """Check that all arrays cover the same number of steps."""
        T = len(self.states)
        for name in ("commanded", "applied", "noise", "stamps", "interventions", "ticks"):
            array = getattr(self, name)
            if len(array) != T and not (name == "ticks" and len(array) == 0):
                raise ShapeError(name, array.shape, f"({T}, ...) as states")

    @property
    def T(self) -> int:
        """Number of control steps."""
        return len(self.states)

    @property
    def intervention_counts(self) -> dict[str, int]:
        """Steps in which the guard intervened, by kind; kinds that did not occur are left out."""
        counts = {
            kind.name.lower(): int(np.count_nonzero(self.interventions & int(kind)))
            for kind in Intervention
            if kind.name
        }
        return {kind: count for kind, count in counts.items() if count > 0}
