"""Errors of estimating the state."""

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class StateError(PilqrError):
    """The state cannot be estimated; the message says which input is missing, old or not finite."""

    code = ErrorCode.NO_STATE
