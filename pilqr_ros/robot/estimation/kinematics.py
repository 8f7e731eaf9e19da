"""Forward kinematics of the robot's description: points on the robot, how they move and turn."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from pilqr_ros.tasks.models import element_id
from pilqr_ros.trajopt.typing import Array


class RobotKinematics:
    """Positions and velocities (J qd) of named points in the base's frame."""

    def __init__(self, model: mujoco.MjModel, joints: Sequence[str], points: Sequence[str]) -> None:
        """Look joints and points up in the model.

        Args:
            model: The robot alone.
            joints: Joints, in the order in which they will be given.
            points: Sites of the model.
        """
        self._model, self._data = model, mujoco.MjData(model)
        ids = [element_id(model, mujoco.mjtObj.mjOBJ_JOINT, name, "joints") for name in joints]
        self._qpos = model.jnt_qposadr[ids].astype(np.intp)
        self._qvel = model.jnt_dofadr[ids].astype(np.intp)
        sites = [element_id(model, mujoco.mjtObj.mjOBJ_SITE, p, "state") for p in points]
        self._sites = np.array(sites, dtype=np.intp)
        self._jacobian = np.zeros((3, model.nv))
        self._turns = np.zeros((3, model.nv))

    def points(self, positions: Array, velocities: Array) -> tuple[Array, Array]:
        """Return positions [m] and velocities [m/s] of the points, each ``(n, 3)``.

        Args:
            positions: Joint positions [rad], ``(dU,)``.
            velocities: Joint velocities [rad/s], ``(dU,)``.
        """
        self._data.qpos[self._qpos] = positions
        self._data.qvel[self._qvel] = velocities
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        speeds = np.zeros((self._sites.size, 3))
        for i, site in enumerate(self._sites.tolist()):
            mujoco.mj_jacSite(self._model, self._data, self._jacobian, None, site)
            self._jacobian.dot(self._data.qvel, out=speeds[i])
        return self._data.site_xpos.take(self._sites, axis=0), speeds

    def axes(self) -> tuple[Array, Array]:
        """Return the axes x, y, z of the points' frames and their change [1/s], ``(n, 3, 3)`` each.

        They are of the positions and velocities that `points` was last given. An axis a of a frame
        that turns at omega = J qd changes by omega x a.
        """
        axes = self._data.site_xmat.take(self._sites, axis=0).reshape(-1, 3, 3).transpose(0, 2, 1)
        changes = np.zeros_like(axes)
        for i, site in enumerate(self._sites.tolist()):
            mujoco.mj_jacSite(self._model, self._data, None, self._turns, site)
            changes[i] = np.cross(self._turns @ self._data.qvel, axes[i])
        return axes, changes
