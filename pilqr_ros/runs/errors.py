"""Errors of runs."""

import shlex
from pathlib import Path

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class RunError(PilqrError):
    """A run's directory is missing, incomplete or of another task."""

    code = ErrorCode.UNKNOWN_RUN


class RunConfigError(PilqrError):
    """No run can begin like this; the message names the setting, its value and what is allowed."""

    code = ErrorCode.INVALID_REQUEST


class OtherRunError(RunError):
    """A run is not what it is taken for, or not as it was begun; the message names what differs."""

    code = ErrorCode.OTHER_RUN


class NotInRunError(RunError):
    """A run has no such policy or condition; the message names what is asked for, and its own."""

    code = ErrorCode.INVALID_REQUEST


class UntrainedError(RunError):
    """A run has no finished iteration, so that there is nothing to tell or to draw of it yet."""

    code = ErrorCode.INVALID_REQUEST

    def __init__(self, directory: Path) -> None:
        """Name the run and what continues it."""
        resume = f"`pilqr train --resume {shlex.quote(str(directory))}`"
        super().__init__(f"{directory} has no finished iteration yet: {resume} goes on with it")


class RunBusyError(RunError):
    """Another process works on a run."""

    code = ErrorCode.BUSY


class RunWriteError(RunError):
    """Something of a run cannot be written; what was stored before is kept."""

    code = ErrorCode.STORAGE
