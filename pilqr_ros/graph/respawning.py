"""When a process that ended is started again."""

from __future__ import annotations

from collections import Counter

CANNOT_START = 2
"""Exit code of a node whose parameters or task are refused: it would only be refused again."""

DELAY = 0.5
"""Pause before a process is started again [s]."""

SHORT_LIFE = 5.0
"""A process that ends sooner after its start than this [s] may be broken for good."""

MAX_SHORT_LIVES = 5
"""Short lives in a row after which it is taken for broken."""


class RespawnPolicy:
    """Decides for the processes of a group, by name."""

    def __init__(self) -> None:
        """Start without a history."""
        self._short_lives: Counter[str] = Counter()

    def wants(self, name: str, code: int, lived: float) -> bool:
        """Tell whether a process that ended is to be started again.

        Args:
            name: The process.
            code: Its exit code; negative for a signal.
            lived: How long it ran [s].
        """
        self._short_lives[name] = self._short_lives[name] + 1 if lived < SHORT_LIFE else 0
        return code != CANNOT_START and self._short_lives[name] < MAX_SHORT_LIVES
