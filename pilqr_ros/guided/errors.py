"""Errors of the global policy."""

from pilqr_ros.errors import PilqrError


class NetworkError(PilqrError, ValueError):
    """A network's arrays do not fit together, or are not finite."""
