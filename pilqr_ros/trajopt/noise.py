"""The unit exploration noise xi of equation 7: u = K x + k + L xi."""

from __future__ import annotations

import math

import numpy as np

from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.typing import Array

_REACH = 4.0
"""Half the width of the smoothing filter, in standard deviations."""


def draw_noise(T: int, dU: int, rng: np.random.Generator, smoothing: float) -> Array:
    """Draw unit-variance noise, smoothed over time, ``(T, dU)``.

    The noise is drawn beyond both ends, filtered and cut, so that every step has unit variance
    and the first and last steps are distributed as all others.

    Args:
        T: Number of time steps.
        dU: Dimension of the action.
        rng: Source of randomness.
        smoothing: Standard deviation of the Gaussian filter [time steps]; 0 is white noise.
    """
    if not 0 <= smoothing < math.inf:
        raise SettingError("smoothing", smoothing, "finite and at least 0")
    if smoothing == 0:
        return rng.standard_normal((T, dU))
    reach = math.ceil(_REACH * smoothing)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / smoothing) ** 2)
    kernel /= np.linalg.norm(kernel)
    white = rng.standard_normal((T + 2 * reach, dU))
    windows = np.lib.stride_tricks.sliding_window_view(white, kernel.size, axis=0)
    return windows @ kernel
