"""Errors of training."""

from pilqr_ros.errors import PilqrError


class CollectorError(PilqrError):
    """No rollout could be collected; the message says who failed and how."""


class TrainingError(PilqrError):
    """Training cannot go on; the message says why and what was kept."""


class TrainingStopped(PilqrError):
    """Training was asked to stop; everything finished until then is on disk."""


class RunError(PilqrError):
    """A run's directory is missing, incomplete or of another task."""
