"""Whether numbers are finite, asked of short vectors many times in a control step."""

from __future__ import annotations

from math import isfinite

from pilqr_ros.trajopt.typing import Array


def all_finite(values: Array) -> bool:
    """Tell whether every entry of a short vector ``(n,)`` is finite.

    For a few numbers this takes a third of the time of numpy's way over an array of truths.
    """
    return all(map(isfinite, values.tolist()))
