"""Counts the messages of a topic."""

from __future__ import annotations

from pilqr_ros.doctor.snapshot import TopicTraffic


class StreamLog:
    """Remembers what is needed of a topic's messages, from the start of the listening on."""

    def __init__(self) -> None:
        """Wait for the start."""
        self._began: float | None = None
        self._count = 0
        self._last_time = self._first_stamp = self._stamp = self._lag = 0.0
        self._frame = ""

    def start(self, now: float) -> None:
        """Start to count at a time [s]."""
        self._began = now

    def add(self, now: float, stamp: float, frame: str) -> None:
        """Take a message that came at a time [s] with a stamp [s]."""
        if self._began is None:
            return
        if self._count == 0:
            self._first_stamp = stamp
        self._count += 1
        self._last_time, self._stamp, self._frame = now, stamp, frame
        self._lag = max(self._lag, abs(now - stamp))

    def stream(self, now: float) -> TopicTraffic:
        """Return what came until a time [s]."""
        began = now if self._began is None else self._began
        seconds = max(now - began, 1e-6)
        if self._count == 0:
            return TopicTraffic(0, seconds)
        return TopicTraffic(
            self._count,
            seconds,
            age=now - self._last_time,
            stamp=self._stamp,
            lag=self._lag,
            advanced=self._stamp - self._first_stamp,
            frame=self._frame,
        )
