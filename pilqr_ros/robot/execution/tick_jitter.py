"""How evenly a control loop ticks: the jitter of its period, and the ticks that it missed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_MS = 1e-6
"""Milliseconds in a nanosecond."""

_MISSED_AFTER = 1.5
"""Periods between two ticks after which at least one is missing."""


class TickJitter(NamedTuple):
    """What the time between neighbouring ticks tells.

    Attributes:
        periods: How many times were judged.
        missed: Ticks that did not come.
        p50_ms: Median of ``|time between two ticks - period|`` [ms].
        p99_ms: Its 99th percentile [ms].
        max_ms: Its maximum [ms].
    """

    periods: int
    missed: int
    p50_ms: float
    p99_ms: float
    max_ms: float


def judge_gaps(gaps_ns: NDArray[np.int64], period_ns: int) -> TickJitter | None:
    """Return the jitter of the times between ticks [ns]; nothing where there are none."""
    if len(gaps_ns) == 0:
        return None
    p50, p99, largest = np.quantile(np.abs(gaps_ns - period_ns), [0.5, 0.99, 1.0]) * _MS
    late = gaps_ns[gaps_ns > _MISSED_AFTER * period_ns]
    missed = int(np.sum(np.rint(late / period_ns) - 1))
    return TickJitter(len(gaps_ns), missed, float(p50), float(p99), float(largest))


def judge_ticks(series_ns: Iterable[NDArray[np.int64]]) -> TickJitter | None:
    """Return the jitter over several series of ticks, for example those of rollouts.

    The period is the median of all times between ticks: it depends on how fast time was to run.
    """
    gaps = np.concatenate([np.zeros(0, dtype=np.int64), *map(np.diff, series_ns)])
    return judge_gaps(gaps, round(np.median(gaps))) if len(gaps) > 0 else None


class TickMeter:
    """Watches a loop while it runs, over its last ticks."""

    def __init__(self, period_ns: int, max_gaps: int = 12_000) -> None:
        """Wait for the first tick.

        Args:
            period_ns: Period of the ticks [ns].
            max_gaps: How many times between ticks are kept; at 20 Hz, 10 minutes.
        """
        self._period_ns = period_ns
        self._gaps = np.zeros(max_gaps, dtype=np.int64)
        self._count = 0
        self._last_ns: int | None = None

    def note(self, now_ns: int) -> None:
        """Take a tick."""
        if self._last_ns is not None:
            self._gaps[self._count % len(self._gaps)] = now_ns - self._last_ns
            self._count += 1
        self._last_ns = now_ns

    def judge(self) -> TickJitter | None:
        """Return the jitter of the last ticks; nothing before the second."""
        return judge_gaps(self._gaps[: self._count], self._period_ns)
