"""Orientations of a task file as unit quaternions (w, x, y, z)."""

from __future__ import annotations

import numpy as np
from transforms3d.euler import euler2quat

from pilqr_ros.tasks.schema import Placement
from pilqr_ros.trajopt.typing import Array


def orientation(placement: Placement) -> Array | None:
    """Return how something is placed, ``(4,)``; None if that is not said."""
    if placement.euler is not None:
        return np.asarray(euler2quat(*placement.euler, axes="sxyz"))
    if placement.quaternion is not None:
        quaternion = np.array(placement.quaternion)
        return quaternion / float(np.linalg.norm(quaternion))
    return None
