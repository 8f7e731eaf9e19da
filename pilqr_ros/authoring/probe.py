"""Looking at an arm in its world, pose by pose: contacts, weight, inertia, where its tip is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np

from pilqr_ros.authoring.hold import ArmDynamics
from pilqr_ros.authoring.starts import arm_dynamics, touching_robot
from pilqr_ros.tasks.models import (
    build_world_model,
    element_id,
    joint_id,
)
from pilqr_ros.tasks.motors import motor_limits
from pilqr_ros.tasks.schema import Models
from pilqr_ros.trajopt.typing import Array


class Probe:
    """An arm in its world.

    Attributes:
        joints: Its actuated joints.
        limits: Bounds of their positions [rad or m], ``(n, 2)``; infinite where there is none.
        efforts: Their torque limits [N m or N], ``(n,)``; infinite where the model has none.
        model: The world's model.
    """

    def __init__(self, models: Models, root: Path, joints: Sequence[str], site: str) -> None:
        """Compile the world.

        Args:
            models: The section of a task file.
            root: The folder that holds their files.
            joints: Actuated joints.
            site: The site that is to be moved.

        Raises:
            TaskError: MuJoCo cannot compile it, or there is no such joint, motor or site.
        """
        self.model = build_world_model(models, root)
        self.joints = tuple(joints)
        self._data = mujoco.MjData(self.model)
        ids = [joint_id(self.model, name, "joints") for name in joints]
        self._qpos, self._dofs = self.model.jnt_qposadr[ids], self.model.jnt_dofadr[ids]
        self._site = element_id(self.model, mujoco.mjtObj.mjOBJ_SITE, site, "--site")
        self._base = int(self.model.jnt_bodyid[ids[0]])
        self.limits = np.array(
            [self.model.jnt_range[i] if self.model.jnt_limited[i] else (-np.inf, np.inf)
             for i in ids]
        )  # fmt: skip
        self.efforts = motor_limits(joints, self.model)

    @property
    def reference(self) -> Array:
        """The joints' positions in the model's own pose, ``(n,)``: its first keyframe's, if any."""
        qpos = self.model.key_qpos[0] if self.model.nkey else self.model.qpos0
        return np.array(qpos[self._qpos])

    @property
    def length(self) -> float:
        """Distance of the tip from the first joint where the arm was looked at last [m]."""
        return float(np.linalg.norm(self._data.site_xpos[self._site] - self._data.xpos[self._base]))

    def look(self, q: Array) -> None:
        """Bring the arm to a pose ``(n,)``, at rest."""
        mujoco.mj_resetData(self.model, self._data)
        self._data.qpos[self._qpos] = q
        mujoco.mj_forward(self.model, self._data)

    @property
    def tip(self) -> Array:
        """Where the tip is [m], ``(3,)``."""
        return self._data.site_xpos[self._site].copy()

    @property
    def jacobian(self) -> Array:
        """How the tip moves with the joints, ``(3, n)``."""
        jacobian = np.zeros((3, self.model.nv))
        mujoco.mj_jacSite(self.model, self._data, jacobian, None, self._site)
        return jacobian[:, self._dofs]

    @property
    def arm(self) -> ArmDynamics:
        """The arm's dynamics."""
        return arm_dynamics(self.model, self._data, self._dofs)

    @property
    def weight(self) -> Array:
        """What the motors must give to bear the arm's weight [N m or N], ``(n,)``."""
        return (self._data.qfrc_bias - self._data.qfrc_passive)[self._dofs].copy()

    @property
    def touching(self) -> list[str]:
        """Pairs of bodies that touch, of which one is the robot's."""
        return sorted(" and ".join(pair) for pair in touching_robot(self.model, self._data))
