"""The hold of the start as it is sampled: u = -Kp (q - q0) - Kd qd, once a control period.

About the start the arm is M qdd = u - C qd - S q, with its mass matrix M, the friction C and the
springs S of its joints. Between two control steps u stays what it was, so that one step is

    x' = (A + B K) x,    x = (q - q0, qd),    K = -[Kp, Kd],

with A and B the exact zero-order-hold discretisation. The hold is stable where the spectral radius
of A + B K is below 1. A hold that is stable in continuous time need not be: at 20 Hz the damping
alone may turn the speed of a light joint round in one step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import expm

from pilqr_ros.trajopt.typing import Array

FREQUENCY, RATIO = 4.0, 0.7
"""Natural frequency [rad/s] and damping ratio of a soft hold, as the shipped tasks have it."""

_SHRINK = 0.8
_MAX_SHRINKS = 40
"""How a hold that is not stable is softened: its natural frequency times this, so often."""

_FAST = np.pi / 4.0
"""A mode that turns by more than this [rad] in a control step has less than 8 of them a swing."""

_SAFE_RINGING = 0.9
"""A chosen hold's fast modes fade at least by this factor in a control step."""


class ArmDynamics(NamedTuple):
    """The actuated joints about a start.

    Attributes:
        mass: Mass matrix M [kg m^2 or kg], ``(n, n)``.
        friction: Viscous friction of each joint [N m s/rad or N s/m], ``(n,)``.
        springs: Stiffness of each joint's own spring [N m/rad or N/m], ``(n,)``.
    """

    mass: Array
    friction: Array
    springs: Array

    @property
    def inertias(self) -> Array:
        """What each joint feels while the others are free: 1 / (M^-1)_ii, ``(n,)``."""
        return 1.0 / np.diag(np.linalg.inv(self.mass))


class SampledArm(NamedTuple):
    """x' = A x + B u with A ``(2n, 2n)`` and B ``(2n, n)``."""

    A: Array
    B: Array

    def closed(self, stiffness: Array, damping: Array) -> Array:
        """Return A + B K of a hold, ``(2n, 2n)``; gains are ``(n,)`` or ``(n, n)``."""
        Kp, Kd = (np.diag(gain) if gain.ndim == 1 else gain for gain in (stiffness, damping))
        return self.A - self.B @ np.hstack([Kp, Kd])


class Gains(NamedTuple):
    """A hold: stiffness [N m/rad] and damping [N m s/rad], ``(n,)``, and what they come to.

    Attributes:
        stiffness: Of each joint.
        damping: Of each joint.
        frequency: Natural frequency [rad/s].
        radius: Spectral radius of the sampled hold.
    """

    stiffness: Array
    damping: Array
    frequency: float
    radius: float


def sample(arm: ArmDynamics, dt: float) -> SampledArm:
    """Discretise an arm for torques that are held for a control period dt [s]."""
    n = len(arm.friction)
    inverse = np.linalg.inv(arm.mass)
    continuous = np.zeros((3 * n, 3 * n))
    continuous[:n, n : 2 * n] = np.eye(n)
    continuous[n : 2 * n, :n] = -inverse * arm.springs
    continuous[n : 2 * n, n : 2 * n] = -inverse * arm.friction
    continuous[n : 2 * n, 2 * n :] = inverse
    step = expm(continuous * dt)
    return SampledArm(step[: 2 * n, : 2 * n], step[: 2 * n, 2 * n :])


def spectral_radius(matrix: Array) -> float:
    """Return the largest absolute value of the eigenvalues."""
    return float(np.max(np.abs(np.linalg.eigvals(matrix))))


def ringing(matrix: Array) -> float:
    """Return the spectral radius of the fast modes, which are sampled badly; 0 if there is none.

    A mode that creeps or swings slowly back to rest has an eigenvalue near 1 and harms nobody.
    """
    values = np.linalg.eigvals(matrix)
    return float(np.max(np.abs(values[np.abs(np.angle(values)) > _FAST]), initial=0.0))


def leading_joint(matrix: Array) -> int:
    """Return the joint that moves most, for its share of the fastest growing mode."""
    values, vectors = np.linalg.eig(matrix)
    mode = np.abs(vectors[:, int(np.argmax(np.abs(values)))])
    n = len(mode) // 2
    return int(np.argmax(mode[n:]))


def choose_gains(arm: ArmDynamics, dt: float, frequency: float, ratio: float) -> Gains:
    """Return gains of a natural frequency [rad/s] and damping ratio that are stable as sampled.

    Each joint's gains are those of its inertia with the others free, the least that it may have;
    its own friction counts as damping. The frequency is lowered until the hold is stable.
    """
    inertias, sampled = arm.inertias, sample(arm, dt)
    for _ in range(_MAX_SHRINKS):
        stiffness = inertias * frequency**2
        damping = np.maximum(2.0 * ratio * inertias * frequency - arm.friction, 0.0)
        closed = sampled.closed(stiffness, damping)
        radius = spectral_radius(closed)
        if radius < 1.0 and ringing(closed) < _SAFE_RINGING:
            break
        frequency *= _SHRINK
    return Gains(stiffness, damping, frequency, radius)
