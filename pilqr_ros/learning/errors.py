"""Errors of training."""

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class CollectorError(PilqrError):
    """No rollout could be collected; the message says who failed and how."""


class RolloutInterrupted(CollectorError):
    """A rollout was lost with a node that fell silent, or none could begin; it may be repeated."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.NO_ANSWER) -> None:
        """Say who, and what it is if that is not silence."""
        super().__init__(message)
        self.code = code


class TrainingError(PilqrError):
    """Training cannot go on; the message says why and what was kept."""


class RequestError(TrainingError):
    """What is asked for is not possible; the message names the field, its value and the choices."""

    code = ErrorCode.INVALID_REQUEST


class TrainingInterrupted(TrainingError):
    """Rollouts were interrupted too often in a row: the graph needs somebody to look after it."""

    def __init__(self, message: str, code: ErrorCode) -> None:
        """Say why, and what the last interruption was."""
        super().__init__(message)
        self.code = code


class PolicyRefused(TrainingError):
    """A policy is not learned from: the guard ends its rollouts, or the one before was better.

    Attributes:
        condition: Index of the condition in which it was executed.
    """

    code = ErrorCode.POLICY_REFUSED

    def __init__(self, message: str, condition: int) -> None:
        """Say why, and in which condition."""
        super().__init__(message)
        self.condition = condition


class TrainingStopped(PilqrError):
    """Training was asked to stop; everything finished until then is on disk."""

    code = ErrorCode.CANCELLED
