"""Signed distances of points to convex shapes, and their gradients.

The distance is that to the surface, negative within. Its gradient has length 1 and points straight
out of the shape. Where several ways out are equally short (on a sphere's centre, on the axis of a
capsule, between two faces of a box) it is one of them: never zero, there is always a way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from pilqr_ros.trajopt.errors import SettingError, ShapeError
from pilqr_ros.trajopt.typing import Array, frozen


class SignedDistance(NamedTuple):
    """Distance to a surface, negative within, ``(...,)`` [m], and gradient ``(..., 3)``."""

    value: Array
    gradient: Array


class ConvexShape(Protocol):
    """A convex shape about the origin of its own frame."""

    def signed_distance(self, p: Array) -> SignedDistance:
        """Return the distance of points ``(..., 3)`` in its frame [m]."""


@dataclass(frozen=True)
class RoundedBox:
    """All points within a radius of a box: a sphere (no box), a capsule (a line), or a box.

    Attributes:
        half_lengths: Half of the box's sides [m], ``(3,)``, >= 0.
        radius: What it is rounded by [m], >= 0.
    """

    half_lengths: Array
    radius: float = 0.0

    def __post_init__(self) -> None:
        """Freeze the array; check shape and signs."""
        object.__setattr__(self, "half_lengths", frozen(self.half_lengths))
        if self.half_lengths.shape != (3,):
            raise ShapeError("half_lengths", self.half_lengths.shape, "(3,)")
        _refuse_negative(half_lengths=self.half_lengths, radius=self.radius)

    def signed_distance(self, p: Array) -> SignedDistance:
        """Return the distance of points ``(..., 3)`` in its frame [m]."""
        value, gradient = _of_box(p, self.half_lengths)
        return SignedDistance(value - self.radius, gradient)


@dataclass(frozen=True)
class Cylinder:
    """A cylinder along z.

    Attributes:
        radius: Its radius [m], >= 0.
        half_length: Half of its length [m], >= 0.
    """

    radius: float
    half_length: float

    def __post_init__(self) -> None:
        """Check signs."""
        _refuse_negative(radius=self.radius, half_length=self.half_length)

    def signed_distance(self, p: Array) -> SignedDistance:
        """Return the distance of points ``(..., 3)`` in its frame [m]: that of a box of (r, z)."""
        r = np.linalg.norm(p[..., :2], axis=-1, keepdims=True)
        away = np.where(r > 0.0, p[..., :2] / np.where(r > 0.0, r, 1.0), np.array([1.0, 0.0]))
        in_plane = np.concatenate([r, p[..., 2:]], axis=-1)
        value, slope = _of_box(in_plane, np.array([self.radius, self.half_length]))
        return SignedDistance(value, np.concatenate([slope[..., :1] * away, slope[..., 1:]], -1))


@dataclass(frozen=True)
class HalfSpace:
    """All that is not above the plane z = 0."""

    def signed_distance(self, p: Array) -> SignedDistance:
        """Return the distance of points ``(..., 3)`` in its frame [m]."""
        return SignedDistance(p[..., 2], np.broadcast_to(np.array([0.0, 0.0, 1.0]), p.shape))


def _of_box(p: Array, half_lengths: Array) -> SignedDistance:
    """Return the distance of points ``(..., n)`` to a box of n dimensions.

    With q = |p| - half_lengths it is |max(q, 0)| outside, and the largest q within.
    """
    q = np.abs(p) - half_lengths
    beyond = np.maximum(q, 0.0)
    outside = np.linalg.norm(beyond, axis=-1, keepdims=True)
    nearest_face = np.eye(p.shape[-1])[np.argmax(q, axis=-1)]
    away = np.where(outside > 0.0, beyond / np.where(outside > 0.0, outside, 1.0), nearest_face)
    value = outside[..., 0] + np.minimum(np.max(q, axis=-1), 0.0)
    return SignedDistance(value, np.copysign(1.0, p) * away)


def _refuse_negative(**values: float | Array) -> None:
    """Refuse lengths below zero, and what is no number.

    Raises:
        SettingError: One is.
    """
    for name, value in values.items():
        if not np.all(np.asarray(value) >= 0.0):
            raise SettingError(name, value, "at least 0")
