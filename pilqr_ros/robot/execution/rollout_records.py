"""What a rollout's state machine is told of time and of the guard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pilqr_ros.error_code import ErrorCode


class GuardView(NamedTuple):
    """What is known of the guard.

    Attributes:
        found: Whether it hears and is heard.
        refusal: Why it lets no torque pass; empty if it does, None as long as it has not told.
        code: What that is.
    """

    found: bool
    refusal: str | None
    code: ErrorCode = ErrorCode.NONE


class RolloutEnd(NamedTuple):
    """Why a rollout is not what was asked for.

    Attributes:
        reason: In words; empty if it is.
        code: What that is; NONE if it is what was asked for.
    """

    reason: str = ""
    code: ErrorCode = ErrorCode.NONE


@dataclass(frozen=True)
class RolloutTiming:
    """When a rollout's states and ticks have to come; steady-clock durations in [ns].

    Attributes:
        lockstep: Answer each state; otherwise act on each tick.
        period_ns: Control period between stamps.
        tick_ns: Control period on the steady clock.
        start_timeout_ns: Longest wait for the first state.
        state_timeout_ns: Longest wait for a state in lock-step, and for the guard's last answer.
        tick_tolerance_ns: Largest lateness of a tick in real time.
        state_age_ns: Largest age of a state in real time.
    """

    lockstep: bool
    period_ns: int
    tick_ns: int
    start_timeout_ns: int
    state_timeout_ns: int
    tick_tolerance_ns: int
    state_age_ns: int
