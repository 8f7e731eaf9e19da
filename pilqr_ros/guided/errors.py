"""Errors of the global policy."""

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class NetworkError(PilqrError, ValueError):
    """A network's arrays do not fit together, or are not finite."""

    code = ErrorCode.INVALID_POLICY
