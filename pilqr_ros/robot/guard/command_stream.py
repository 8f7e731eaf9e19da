"""Watches a stream of commands for silence, on any clock."""

from __future__ import annotations


class CommandStream:
    """Tells when an active stream of commands has been silent for too long.

    A command that is not the last of its rollout opens the stream; the last one closes it, and so
    does the silence once it was told.

    Args:
        timeout_ns: Longest silence within a stream [ns].
    """

    def __init__(self, timeout_ns: int) -> None:
        """Start with a closed stream."""
        self.timeout_ns = timeout_ns
        self._deadline_ns: int | None = None

    @property
    def active(self) -> bool:
        """Whether another command has to come."""
        return self._deadline_ns is not None

    def on_command(self, now_ns: int, last: bool = False) -> None:
        """Note that a command came."""
        self._deadline_ns = None if last else now_ns + self.timeout_ns

    def fell_silent(self, now_ns: int) -> bool:
        """Tell, once per stream, that the next command is overdue."""
        if self._deadline_ns is None or now_ns < self._deadline_ns:
            return False
        self._deadline_ns = None
        return True
