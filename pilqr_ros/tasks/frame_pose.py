"""Where a frame is in another one."""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.trajopt.typing import Array

UNTURNED = np.array([1.0, 0.0, 0.0, 0.0])
UNTURNED.flags.writeable = False


class FramePose(NamedTuple):
    """A frame in another one: its origin [m] ``(3,)`` and quaternion (w, x, y, z) ``(4,)``."""

    position: Array
    wxyz: Array = UNTURNED

    def __matmul__(self, inner: FramePose) -> FramePose:
        """Return a pose in this frame as one in the frame that this one is in."""
        moved, turned = np.empty(3), np.empty(4)
        mujoco.mju_rotVecQuat(moved, inner.position, self.wxyz)
        mujoco.mju_mulQuat(turned, self.wxyz, inner.wxyz)
        return FramePose(self.position + moved, turned)
