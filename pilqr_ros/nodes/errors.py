"""Errors of the nodes; each message names who or what is at fault."""

from __future__ import annotations

from collections.abc import Sequence

from pilqr_ros.errors import PilqrError


class NodeError(PilqrError):
    """A node cannot do what was asked of it."""


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

    def __init__(self, who: str, what: str, seconds: float) -> None:
        """Name who was to do what, and how long was waited."""
        super().__init__(f"{who} did not {what} within {seconds:g} s")
        self.what = what
