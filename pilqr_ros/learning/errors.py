"""Errors of training."""

from pilqr_ros.errors import PilqrError


class CollectorError(PilqrError):
    """No rollout could be collected; the message says who failed and how."""


class RolloutInterrupted(CollectorError):
    """A rollout was lost with a node that fell silent; the same one may be executed again."""


class TrainingError(PilqrError):
    """Training cannot go on; the message says why and what was kept."""


class PolicyRefused(TrainingError):
    """A policy is not learned from: the guard ends its rollouts, or the one before was better.

    Attributes:
        condition: Index of the condition in which it was executed.
    """

    def __init__(self, message: str, condition: int) -> None:
        """Say why, and in which condition."""
        super().__init__(message)
        self.condition = condition


class TrainingStopped(PilqrError):
    """Training was asked to stop; everything finished until then is on disk."""
