"""What went wrong, for programs: the constants of ErrorCode.msg, in which they are described."""

from __future__ import annotations

from enum import IntEnum


class ErrorCode(IntEnum):
    """The kind of an error; its text says the rest, for people."""

    NONE = 0
    INTERNAL = 1
    CANCELLED = 2
    BUSY = 3
    INVALID_REQUEST = 4
    UNKNOWN_RUN = 5
    OTHER_RUN = 6
    INVALID_POLICY = 7
    POLICY_REFUSED = 8
    NO_ANSWER = 9
    RESET_FAILED = 10
    NO_STATE = 11
    TORQUE_DISABLED = 12
    EMERGENCY_STOP = 13
    OTHER_PUBLISHER = 14
    TOO_LATE = 15
    BEYOND_LIMITS = 16
    ROBOT_FAULT = 17
    UPDATE_FAILED = 18
    STORAGE = 19
    NOT_ASKED = 20

    @classmethod
    def _missing_(cls, value: object) -> ErrorCode:
        """Take a code of a newer version for what it at least is: an error."""
        return cls.INTERNAL


def code_of(error: BaseException) -> ErrorCode:
    """Return what an error is.

    One of this package says so by its class; one that only passes on what another one found is
    what that is.
    """
    code = getattr(error, "code", None)
    if not isinstance(code, ErrorCode):
        code = ErrorCode.STORAGE if isinstance(error, OSError) else ErrorCode.INTERNAL
    if code is ErrorCode.INTERNAL and error.__cause__ is not None:
        return code_of(error.__cause__)
    return code
