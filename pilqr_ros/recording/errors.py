"""Errors of recording."""

from pilqr_ros.errors import PilqrError


class BagError(PilqrError):
    """A bag cannot be written or read; the message names it and says why."""


class BagFull(BagError):
    """A bag may not grow any more; the message says which bound was met."""
