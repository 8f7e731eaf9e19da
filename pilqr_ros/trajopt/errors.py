"""Errors of the trajectory optimisation."""

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class ShapeError(PilqrError, ValueError):
    """An array does not have the shape that is needed."""

    code = ErrorCode.INVALID_REQUEST

    def __init__(self, name: str, shape: tuple[int, ...], expected: str) -> None:
        """Name the array, its shape and the shape that is allowed."""
        super().__init__(f"{name} has shape {shape}, expected {expected}")


class SettingError(PilqrError, ValueError):
    """A setting has a value that is not allowed."""

    code = ErrorCode.INVALID_REQUEST

    def __init__(self, field: str, value: object, allowed: str) -> None:
        """Name the field, its value and the values that are allowed."""
        super().__init__(f"{field} is {value!r}, allowed: {allowed}")
        self.field, self.value, self.allowed = field, value, allowed


class UpdateError(PilqrError):
    """A policy update has no valid outcome; the message names the reason and the time step."""

    code = ErrorCode.UPDATE_FAILED

    def __init__(self, reason: str, step: int) -> None:
        """Say what went wrong, at which time step."""
        super().__init__(f"{reason} at time step {step}")
        self.step = step
