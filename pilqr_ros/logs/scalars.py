"""The numbers of an iteration's report, by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_TOLD_OTHERWISE = frozenset({"iteration", "condition", "total_costs", "successes", "distances"})
"""What is the place of the numbers, or told as a mean."""


def scalars(report: Mapping[str, Any]) -> dict[str, float]:
    """Return every finite number of a report, and means over its rollouts.

    Names of what lies within another entry have a point between them, as ``update.lqr_kl.got``.
    """
    found = {
        "mean_cost": float(np.mean(report["total_costs"])),
        "lowest_cost": float(np.min(report["total_costs"])),
        "success_rate": float(np.mean(report["successes"])),
        "mean_distance": float(np.mean(report["distances"])),
    }
    others = {name: value for name, value in report.items() if name not in _TOLD_OTHERWISE}
    found |= _numbers(others)
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _numbers(of: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of nested entries with their names."""
    for name, value in of.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{above}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{above}{name}", float(value)
