"""Statistics of a data set's numbers, from which learners take their units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
"""By LeRobot's names."""


def statistics(values: NDArray[Any]) -> dict[str, list[float] | list[int]]:
    """Return extremes, mean, spread, count and quantiles of each column.

    Args:
        values: Numbers or flags, ``(n, width)``.

    Returns:
        By LeRobot's names, a list of ``width`` numbers each; of the count, one.
    """
    numbers = values.astype(np.float64)
    quantiles = np.quantile(numbers, list(QUANTILES.values()), axis=0)
    return {
        "min": numbers.min(axis=0).tolist(),
        "max": numbers.max(axis=0).tolist(),
        "mean": numbers.mean(axis=0).tolist(),
        "std": numbers.std(axis=0).tolist(),
        "count": [len(numbers)],
        **{name: one.tolist() for name, one in zip(QUANTILES, quantiles, strict=True)},
    }
