"""Joints with their values, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.trajopt.typing import Array


def named_values(
    joints: Sequence[str], where: NDArray[np.bool_], values: Array, units: Sequence[str]
) -> str:
    """List the joints where something is the case, with their values.

    Args:
        joints: Names, ``(dU,)``.
        where: Which of them, ``(dU,)``.
        values: Their values, ``(dU,)``.
        units: Units of the values, of each joint.
    """
    return ", ".join(
        f"{joints[i]} {values[i]:.4g} {units[i]}" for i in np.flatnonzero(where).tolist()
    )
