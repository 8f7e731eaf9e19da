"""Errors of starting and watching nodes."""

from pilqr_ros.errors import PilqrError


class GraphError(PilqrError):
    """The nodes cannot be started or kept running; the message says which option or node it is."""
