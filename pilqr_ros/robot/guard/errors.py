"""Errors of the guard."""

from pathlib import Path

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class RecordError(PilqrError):
    """The guard's record cannot be read or written; the message names the file and why."""

    code = ErrorCode.STORAGE

    def __init__(self, path: Path, what: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(f"record {path}: {what}")


class NoRecordError(RecordError):
    """There is no record of the guard."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path, "there is none")
