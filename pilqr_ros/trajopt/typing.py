"""The array types of the mathematics."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Indices: TypeAlias = NDArray[np.intp]


def frozen(values: ArrayLike) -> Array:
    """Return a read-only copy of values as an array of floats."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array
