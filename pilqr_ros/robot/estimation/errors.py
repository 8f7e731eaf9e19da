"""Errors of estimating the state."""

from pilqr_ros.errors import PilqrError


class StateError(PilqrError):
    """The state cannot be estimated; the message says which input is missing, old or not finite."""
