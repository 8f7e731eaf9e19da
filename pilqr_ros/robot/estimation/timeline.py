"""The stamps of one sensor: they do not run backwards, unless the sensor has started anew."""

from __future__ import annotations

RESTART_MESSAGES = 10
"""Messages in a row on an earlier timeline after which it is taken for a restarted sensor's."""


class Timeline:
    """Watches the order of stamps.

    Attributes:
        last_ns: The last stamp that followed the one before [ns]; None before the first.
    """

    def __init__(self) -> None:
        """Wait for the first stamp."""
        self.last_ns: int | None = None
        self._earlier_ns: int | None = None
        self._earlier_count = 0

    def admit(self, stamp_ns: int) -> bool:
        """Tell whether a stamp follows the last one; equal stamps do.

        Once `RESTART_MESSAGES` earlier stamps have come in a row, in order, they follow each other.
        """
        if self.last_ns is not None and stamp_ns < self.last_ns and not self._restarted(stamp_ns):
            return False
        self.last_ns, self._earlier_ns, self._earlier_count = stamp_ns, None, 0
        return True

    def _restarted(self, stamp_ns: int) -> bool:
        """Count a stamp that runs backwards and tell whether it is a new timeline's."""
        in_order = self._earlier_ns is not None and stamp_ns >= self._earlier_ns
        self._earlier_count = self._earlier_count + 1 if in_order else 1
        self._earlier_ns = stamp_ns
        return self._earlier_count >= RESTART_MESSAGES
