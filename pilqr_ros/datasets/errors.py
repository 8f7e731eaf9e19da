"""Errors of data sets."""

from pilqr_ros.errors import PilqrError


class DataSetError(PilqrError):
    """A data set cannot be written or read; the message names the file and what is wrong."""
