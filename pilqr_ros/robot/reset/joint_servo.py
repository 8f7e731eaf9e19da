"""Torques that make the joints follow a reference.

u = M(q) (a_ref + 2 zeta omega (v_ref - v) + omega^2 (q_ref - q)) + I, with the robot's inertia
matrix M, so that every joint answers alike, whatever the arm; the integral I makes up for friction
and for gravity that the arm does not compensate itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from pilqr_ros.robot.reset.joint_reference import Reference
from pilqr_ros.robot.reset.reset_motion import ResetMotion
from pilqr_ros.tasks.models import element_id
from pilqr_ros.trajopt.typing import Array

_MAX_INTEGRAL = 0.3
"""Largest part of a torque limit that the integral may claim."""


class JointServo:
    """Follows references at the rate of control."""

    def __init__(
        self,
        model: mujoco.MjModel,
        joints: Sequence[str],
        torque_limits: Array,
        period: float,
        motion: ResetMotion,
    ) -> None:
        """Start with an empty integral.

        Args:
            model: The robot alone.
            joints: The joints, in the order of torques.
            torque_limits: Largest torques [N m], ``(dU,)``.
            period: Time between two torques [s].
            motion: How stiffly the reference is followed.
        """
        self._model, self._data = model, mujoco.MjData(model)
        ids = [element_id(model, mujoco.mjtObj.mjOBJ_JOINT, name, "joints") for name in joints]
        self._qpos, self._dofs = model.jnt_qposadr[ids], model.jnt_dofadr[ids]
        self._limits, self._period, self._motion = torque_limits, period, motion
        self._acceleration, self._torque = np.zeros(model.nv), np.zeros(model.nv)
        self._integral = np.zeros_like(torque_limits)

    def torque(self, position: Array, velocity: Array, reference: Reference) -> Array:
        """Return the torque of the next control period [N m], ``(dU,)``.

        Args:
            position: Positions [rad], ``(dU,)``.
            velocity: Velocities [rad/s], ``(dU,)``.
            reference: Where the joints are to be.
        """
        motion = self._motion
        error = reference.position - position
        stiffness = motion.frequency**2
        damping = 2.0 * motion.damping_ratio * motion.frequency
        wanted = reference.acceleration + damping * (reference.velocity - velocity)
        self._place(position)
        bound = _MAX_INTEGRAL * self._limits
        growth = self._times_inertia(stiffness / motion.integral_time * self._period * error)
        self._integral = np.clip(self._integral + growth, -bound, bound)
        torque = self._times_inertia(wanted + stiffness * error) + self._integral
        limited: Array = np.clip(torque, -self._limits, self._limits)
        return limited

    def _place(self, position: Array) -> None:
        """Compute the inertia matrix of a position."""
        self._data.qpos[self._qpos] = position
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_crb(self._model, self._data)

    def _times_inertia(self, acceleration: Array) -> Array:
        """Return the torques that accelerate the joints alone [N m], ``(dU,)``."""
        self._acceleration[self._dofs] = acceleration
        mujoco.mj_mulM(self._model, self._data, self._torque, self._acceleration)
        torque: Array = self._torque[self._dofs]
        return torque
