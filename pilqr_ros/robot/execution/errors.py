"""Errors of executing a policy."""

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class RolloutAborted(PilqrError):
    """A rollout cannot go on; the message names the step and the entry of state or torque.

    Attributes:
        interrupted: Whether that is not of the policy and the robot (see `Rollout.interrupted`).
    """

    def __init__(self, message: str, code: ErrorCode, *, interrupted: bool = False) -> None:
        """Say what happened, what that is, and whether the same rollout may be repeated."""
        super().__init__(message)
        self.code, self.interrupted = code, interrupted


class PolicyError(PilqrError):
    """A policy cannot be executed; the message names the entry, its value and what is allowed."""

    code = ErrorCode.INVALID_POLICY


class MessageError(PilqrError):
    """A message's field does not fit the others; the message names the field."""

    code = ErrorCode.INVALID_REQUEST

    def __init__(self, field: str, size: int, expected: int, meaning: str) -> None:
        """Name the field, its size and the size that is expected."""
        super().__init__(f"{field} has {size} entries, expected {expected} ({meaning})")
