"""Errors of runs."""

from pilqr_ros.errors import PilqrError


class RunError(PilqrError):
    """A run's directory is missing, incomplete or of another task."""


class RunConfigError(PilqrError):
    """No run can begin like this; the message names the setting, its value and what is allowed."""
