"""Age and rate of one input, on any clock."""

from __future__ import annotations

from typing import NamedTuple


class InputReport(NamedTuple):
    """How an input did since the last report.

    Attributes:
        name: The input.
        received: Messages that came.
        rate: The same a second [Hz].
        refused: Messages of these that were not used.
        refusal: Why the last one of them was not; empty if none was.
        age: Time since the last message [s]; None if none has come yet.
        silence: What is missing; empty if the input is alive.
    """

    name: str
    received: int
    rate: float
    refused: int
    refusal: str
    age: float | None
    silence: str


class InputHealth:
    """Counts the messages of an input and tells when it is silent.

    Attributes:
        name: The input.
        advanced_ns: When the stamp last changed [ns].
    """

    def __init__(self, name: str, timeout_ns: int, now_ns: int, *, must_advance: bool) -> None:
        """Begin to count.

        Args:
            name: The input.
            timeout_ns: Longest silence [ns].
            now_ns: Present time on the steady clock [ns].
            must_advance: Whether messages that repeat a stamp count as silence.
        """
        self.name = name
        self.advanced_ns = now_ns
        self._timeout_ns, self._must_advance = timeout_ns, must_advance
        self._stamp_ns: int | None = None
        self._received_ns = self._reported_ns = now_ns
        self._received = self._refused = 0
        self._refusal = ""

    def on_message(self, stamp_ns: int, now_ns: int) -> None:
        """Note that a message came."""
        self._received += 1
        self._received_ns = now_ns
        if stamp_ns != self._stamp_ns:
            self._stamp_ns, self.advanced_ns = stamp_ns, now_ns

    def on_refused(self, reason: str) -> None:
        """Note that the last message was not used."""
        self._refused += 1
        self._refusal = reason

    def silence(self, now_ns: int) -> str:
        """Return for how long nothing (new) has come if that is too long, otherwise nothing."""
        since_ns = self.advanced_ns if self._must_advance else self._received_ns
        silent_ns = now_ns - since_ns
        if silent_ns <= self._timeout_ns:
            return ""
        if self._stamp_ns is None:
            return f"{self.name}: nothing has come yet"
        what = "silent" if self._received_ns == since_ns else "repeating one stamp"
        return f"{self.name} has been {what} for {silent_ns * 1e-6:.0f} ms"

    def report(self, now_ns: int) -> InputReport:
        """Return how the input did since the last report, and begin the next."""
        seconds = (now_ns - self._reported_ns) * 1e-9
        never = self._stamp_ns is None
        report = InputReport(
            name=self.name,
            received=self._received,
            rate=self._received / seconds if seconds > 0.0 else 0.0,
            refused=self._refused,
            refusal=self._refusal,
            age=None if never else (now_ns - self._received_ns) * 1e-9,
            silence=self.silence(now_ns),
        )
        self._reported_ns, self._received, self._refused, self._refusal = now_ns, 0, 0, ""
        return report
