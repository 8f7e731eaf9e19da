"""Velocity of a tracked body from its last positions.

Both ways are half a window late: on a constant acceleration they give the velocity of that time
before the newest pose. A longer window is later and less noisy. For positions with independent
errors of standard deviation s, a window of W seconds and n poses in it, the velocity's is
sqrt(2) s / W with the difference, and near sqrt(12 / n) s / W with the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from pilqr_ros.trajopt.typing import Array

VelocityFilter = Literal["difference", "line"]
"""Change over the window, or slope of the line through every pose in it (least squares)."""

FILTERS: tuple[VelocityFilter, ...] = ("difference", "line")


class Pose(NamedTuple):
    """Where a body was, in the robot's base frame, and when [ns].

    Attributes:
        stamp_ns: When.
        coordinates: Its position [m], ``(3,)``, and after it what else is followed.
    """

    stamp_ns: int
    coordinates: Array


def latency(window_ns: int) -> float:
    """Return by how much a velocity is late [s]."""
    return 0.5e-9 * window_ns


def velocity(poses: Sequence[Pose], window_ns: int, filter_: VelocityFilter) -> Array:
    """Return the coordinates' velocities at the newest pose; zero with fewer than two in reach.

    Args:
        poses: Poses by increasing stamp, at least one.
        window_ns: Length of the window [ns].
        filter_: How the velocity is computed.
    """
    newest = poses[-1]
    oldest = min(poses, key=lambda p: abs(newest.stamp_ns - p.stamp_ns - window_ns))
    if oldest is newest:
        return np.zeros_like(newest.coordinates)
    if filter_ == "line":
        return _slope([pose for pose in poses if pose.stamp_ns >= oldest.stamp_ns])
    seconds = (newest.stamp_ns - oldest.stamp_ns) * 1e-9
    return (newest.coordinates - oldest.coordinates) / seconds


def _slope(poses: Sequence[Pose]) -> Array:
    """Return the slope of the line through poses."""
    times = np.array([(pose.stamp_ns - poses[-1].stamp_ns) * 1e-9 for pose in poses])
    times -= times.mean()
    positions = np.array([pose.coordinates for pose in poses])
    slope: Array = times @ (positions - positions.mean(axis=0)) / (times @ times)
    return slope
