"""What may come between a commanded torque and the robot, and how it is told."""

from __future__ import annotations

from collections import Counter
from enum import IntFlag

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.robot.guard.torque_records import AppliedTorque

GUARD = "effort_guard"
"""The node that comes between them: its name wherever it is started, asked or told of."""

WARN_EVERY = 50
"""Interventions of a kind from one warning to the next."""


class Intervention(IntFlag):
    """Why the applied torque is not the commanded one (the constants of AppliedTorque.msg)."""

    NONE = 0
    EFFORT_LIMIT = 1
    RATE_LIMIT = 2
    NON_FINITE = 4
    TIMEOUT = 8
    JOINT_BOUND = 16
    JOINT_SPEED = 32
    JOINT_STOP = 64
    JOINT_STATE = 128
    DISABLED = 256
    ESTOP = 512
    OTHER_PUBLISHER = 1024


REFUSED = (
    Intervention.NON_FINITE
    | Intervention.TIMEOUT
    | Intervention.JOINT_STOP
    | Intervention.JOINT_STATE
    | Intervention.DISABLED
    | Intervention.ESTOP
    | Intervention.OTHER_PUBLISHER
)
"""Zero went out instead of the command, and its rollout is over."""

_REFUSED = int(REFUSED)
"""The same for numbers, which an `IntFlag` makes ten times slower."""

FROM_OUTSIDE = (
    Intervention.TIMEOUT
    | Intervention.JOINT_STATE
    | Intervention.DISABLED
    | Intervention.ESTOP
    | Intervention.OTHER_PUBLISHER
)
"""Of these, the ones that neither the policy nor the robot has caused."""

PROTECTED = Intervention.JOINT_BOUND | Intervention.JOINT_SPEED
"""The robot had to be kept from where the policy drove it; being at a torque limit is no such."""


CODES = {
    Intervention.ESTOP: ErrorCode.EMERGENCY_STOP,
    Intervention.OTHER_PUBLISHER: ErrorCode.OTHER_PUBLISHER,
    Intervention.DISABLED: ErrorCode.TORQUE_DISABLED,
    Intervention.JOINT_STATE: ErrorCode.NO_STATE,
    Intervention.TIMEOUT: ErrorCode.TOO_LATE,
    Intervention.NON_FINITE: ErrorCode.INVALID_POLICY,
    Intervention.JOINT_STOP: ErrorCode.BEYOND_LIMITS,
}
"""What each refusal is, the gravest first."""


def refusal_code(interventions: int) -> ErrorCode:
    """Return what the gravest refusal among interventions is; NONE if there is none."""
    found = (code for kind, code in CODES.items() if interventions & kind)
    return next(found, ErrorCode.NONE)


def kinds_of(interventions: int) -> list[str]:
    """Return the names of what was done, for example ``effort_limit``."""
    return [kind.name.lower() for kind in Intervention if kind.name and kind & interventions]


def refusal(step: int, interventions: int, detail: str) -> str:
    """Return why a step's command was not applied; empty if it was."""
    return f"step {step}: {GUARD}: {detail}" if interventions & _REFUSED else ""


class InterventionLog:
    """Counts interventions by kind.

    Attributes:
        counts: How many there were, by the kind's name.
    """

    def __init__(self) -> None:
        """Start from none."""
        self.counts: Counter[str] = Counter()

    def note(self, torque: AppliedTorque) -> str:
        """Count what was done to a torque.

        Returns:
            A warning: of the first of a kind, and then of every 50th; else nothing.
        """
        due = []
        for kind in kinds_of(torque.interventions):
            self.counts[kind] += 1
            if self.counts[kind] % WARN_EVERY == 1:
                due.append(f"{kind} no. {self.counts[kind]}")
        return f"{', '.join(due)}: {torque.detail}" if due else ""
