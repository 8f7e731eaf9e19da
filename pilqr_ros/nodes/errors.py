"""Errors of the nodes; each message names who or what is at fault."""

from __future__ import annotations

from collections.abc import Sequence

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class NodeError(PilqrError):
    """A node cannot do what was asked of it."""

    code = ErrorCode.INVALID_REQUEST


class BusyError(NodeError):
    """Something else is under way; the same may be asked for again."""

    code = ErrorCode.BUSY


class RefusedError(NodeError):
    """Another node did not do what it was asked for; the message is what it says."""

    def __init__(self, message: str, code: int) -> None:
        """Pass its words and its code on."""
        super().__init__(message)
        self.code = ErrorCode(code)


class ParameterError(NodeError):
    """A parameter's value is refused; the message gives its name, value and range."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        """Name the parameter, its value and what is allowed."""
        super().__init__(f"parameter '{name}' is {value!r}, allowed is {allowed}")


class UnknownParameterError(NodeError):
    """A node was given a parameter that it does not have."""

    def __init__(self, name: str, node: str, closest: Sequence[str], known: Sequence[str]) -> None:
        """Name the parameter, the node and what was probably meant, or all there are."""
        meant = f"closest: {', '.join(closest)}" if closest else f"known: {', '.join(known)}"
        super().__init__(f"parameter '{name}' is none of {node}'s; {meant}")


class SilenceError(NodeError):
    """Somebody did not answer in time."""

    code = ErrorCode.NO_ANSWER

    def __init__(self, who: str, what: str, seconds: float) -> None:
        """Name who was to do what, and how long was waited."""
        super().__init__(f"{who} did not {what} within {seconds:g} s")
        self.what = what
