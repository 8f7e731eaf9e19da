"""Errors of the simulation."""

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class ResetError(PilqrError):
    """The start of a condition was not reached; the message names the joint or body."""

    code = ErrorCode.RESET_FAILED


class SimulationDiverged(PilqrError):
    """The simulated state is no longer physical; the message says what and when."""

    code = ErrorCode.ROBOT_FAULT


class EffortError(PilqrError, ValueError):
    """A torque given to the simulation is not finite or of a wrong size."""

    code = ErrorCode.INVALID_REQUEST


class RenderError(PilqrError, RuntimeError):
    """The world cannot be shown: no picture or no window."""
