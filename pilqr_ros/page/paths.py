"""Paths of points and bodies through rollouts, their mean, and how far they spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.tasks import Task
from pilqr_ros.tasks.layout import AXES, StateBlock
from pilqr_ros.trajopt.typing import Array

MAX_SEGMENTS = 60
"""A path is drawn with no more pieces than this."""

ELLIPSOIDS = 16
"""How many ellipsoids show the spread along a path."""

SIGMAS = 2.0
"""Half axes of an ellipsoid, in standard deviations."""

SUCCESS_COLOR = (0, 158, 115)
FAILURE_COLOR = (213, 94, 0)
"""Bluish green and vermilion: distinguishable with any colour vision (Okabe and Ito)."""


class Tube(NamedTuple):
    """Mean and spread of paths as ellipsoids along the mean.

    Attributes:
        mean: ``(n, 3)`` [m].
        wxyz: Orientation of each ellipsoid's axes, ``(m, 4)``.
        centres: ``(m, 3)`` [m].
        axes: Half axes [m], ``(m, 3)``.
    """

    mean: Array
    wxyz: Array
    centres: Array
    axes: Array


def path_blocks(task: Task) -> dict[str, StateBlock]:
    """Return the blocks of the state that are places, by name; points of the robot first."""
    points, bodies = task.layout.of_kind("point_position"), task.layout.of_kind("body_position")
    return {block.name: block for block in (*points, *bodies)}


def places(block: StateBlock, states: Array) -> Array:
    """Return a block's places in states ``(..., dX)`` as ``(..., 3)``; 0 along absent axes."""
    found = np.zeros((*states.shape[:-1], 3))
    entries = states[..., block.slice]
    for i, axis in enumerate(block.axes):
        found[..., AXES.index(axis)] = entries[..., i]
    return found


def thinned(T: int, count: int) -> Array:
    """Return at most `count` indices of T, evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, T - 1, min(T, count)).round().astype(int))


def segments(paths: Array) -> Array:
    """Return paths ``(N, T, 3)`` as pieces ``(N * n, 2, 3)``."""
    kept = paths[:, thinned(paths.shape[1], MAX_SEGMENTS + 1)]
    return np.stack([kept[:, :-1], kept[:, 1:]], axis=2).reshape(-1, 2, 3)


def segment_colors(colors: Array, paths: Array) -> Array:
    """Return the colour of each end of each piece, ``(N * n, 2, 3)``, for colours ``(N, 3)``."""
    count = len(thinned(paths.shape[1], MAX_SEGMENTS + 1)) - 1
    return np.repeat(np.repeat(colors, count, axis=0)[:, None], 2, axis=1)


def tube(paths: Array) -> Tube:
    """Return mean and spread of paths ``(N, T, 3)``."""
    kept = paths[:, thinned(paths.shape[1], MAX_SEGMENTS + 1)]
    mean = kept.mean(axis=0)
    at = thinned(len(mean), ELLIPSOIDS)
    from_mean = kept[:, at] - mean[at]
    covariance = np.einsum("nti,ntj->tij", from_mean, from_mean) / max(len(paths) - 1, 1)
    variances, axes = np.linalg.eigh(covariance)
    axes[:, :, 0] *= np.sign(np.linalg.det(axes))[:, None]  # a rotation, not a reflection
    half = SIGMAS * np.sqrt(np.maximum(variances, 0.0))
    return Tube(mean, quaternions(axes), mean[at], half)


def quaternions(rotations: Array) -> Array:
    """Return rotation matrices ``(n, 3, 3)`` as quaternions (w, x, y, z), ``(n, 4)``."""
    found = np.empty((len(rotations), 4))
    for i, rotation in enumerate(rotations):
        mujoco.mju_mat2Quat(found[i], np.ascontiguousarray(rotation).ravel())
    return found


def colors_by_success(successes: Sequence[bool]) -> Array:
    """Return a colour for each rollout, ``(N, 3)``."""
    return np.array([SUCCESS_COLOR if success else FAILURE_COLOR for success in successes])


def colors_by_cost(costs: Array) -> Array:
    """Return a colour for each rollout, ``(N, 3)``: yellow is the cheapest, violet the dearest.

    Ranks, not costs: one bad rollout leaves the others their differences.
    """
    from matplotlib import colormaps

    ranks = np.argsort(np.argsort(costs, kind="stable"), kind="stable")
    share = ranks / max(len(costs) - 1, 1)
    colors: Array = (255 * colormaps["viridis"](1.0 - share)[:, :3]).round()
    return colors
