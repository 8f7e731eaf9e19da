"""Errors of the nodes; each message names who or what is at fault."""

from pilqr_ros.errors import PilqrError


class NodeError(PilqrError):
    """A node cannot do what was asked of it."""


class ParameterError(NodeError):
    """A parameter's value is refused; the message gives its name, value and range."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        """Name the parameter, its value and what is allowed."""
        super().__init__(f"parameter '{name}' is {value!r}, allowed is {allowed}")


class SilenceError(NodeError):
    """Somebody did not answer in time."""

    def __init__(self, who: str, what: str, seconds: float) -> None:
        """Name who was to do what, and how long was waited."""
        super().__init__(f"{who} did not {what} within {seconds:g} s")
        self.what = what
