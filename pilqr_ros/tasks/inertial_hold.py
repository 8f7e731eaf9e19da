r"""A hold from the arm's mass matrix: gains and noise without a number for each joint.

With M the mass matrix of the actuated joints at the start (armatures included), a natural
frequency omega and a damping ratio zeta, the start is held by

    u = -omega^2 M (q - q_start) - 2 zeta omega M qd + noise,      noise ~ N(0, sigma^2 M)

so that every direction of joint space is the same oscillator, driven by an acceleration of
covariance sigma^2 M^-1. It settles in N(0, (sigma g)^2 M^-1), g the standard deviation that unit
noise gives one oscillator: as at a temperature, each direction has the same kinetic energy, and
light joints at the wrist move more than heavy ones at the shoulder. A point of the arm with
Jacobian J spreads by (sigma g)^2 J M^-1 J', and sigma is the largest with which no point's position
and no direction spreads by more than is wanted (root mean square over the axes). A joint whose
noise would then be more than a part of its torque limit has that much: what a limit cuts off
teaches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import mujoco
import numpy as np

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.initial_policy import Hold
from pilqr_ros.tasks.models import element_id, joint_id
from pilqr_ros.tasks.schema import InitialPolicy
from pilqr_ros.trajopt.noise import draw_noise
from pilqr_ros.trajopt.typing import Array

MAX_NOISE = 0.3
"""Largest standard deviation of a joint's noise, as a part of its torque limit."""

MIN_INERTIA = 1e-10
"""Least eigenvalue of a mass matrix, as a part of the largest, that is not rounding."""

MAX_STEP = 0.8
"""Largest turn of a hold's oscillator in a control period [rad]: beyond it, it is not damped."""

_SUBSTEPS, _STEPS, _SETTLED, _SAMPLES = 20, 100, 30, 400
"""Of the simulated oscillators: steps in a control period, periods, those left out, how many."""


def inertial_hold(
    initial: InitialPolicy,
    model: mujoco.MjModel,
    joints: Sequence[str],
    start: Array,
    points: Sequence[str],
    torque_limits: Array,
    dt: float,
    smoothing: float,
) -> Hold:
    """Return gains and noise of a hold.

    Args:
        initial: The section of a task file.
        model: The robot with its tool.
        joints: Actuated joints.
        start: Their start [rad or m], ``(n,)``.
        points: Sites whose spread is bounded.
        torque_limits: Of the joints [N m or N], ``(n,)``.
        dt: Control period [s].
        smoothing: Of the noise [control steps].

    Raises:
        TaskError: There is no point, or none that the joints move; the mass matrix is singular, or
            the hold too quick for the rate of control.
    """
    if not points:
        raise TaskError(
            "initial_policy",
            "has no stiffness, damping and torque_std, and the state has no point of the robot "
            "(point_position) whose spread could tell how much noise is wanted",
        )
    data = mujoco.MjData(model)
    ids = [joint_id(model, name, "joints") for name in joints]
    data.qpos[model.jnt_qposadr[ids]] = start
    mujoco.mj_forward(model, data)
    dofs = model.jnt_dofadr[ids].tolist()
    sites = [element_id(model, mujoco.mjtObj.mjOBJ_SITE, name, "state") for name in points]
    M = mass_matrix(model, data, dofs)
    _check_solvable(M, initial, dt)
    frequency, damping = initial.natural_frequency, initial.damping_ratio
    sigma = noise_scale(
        M,
        [jacobians(model, data, dofs, site) for site in sites],
        oscillator_gain(frequency, damping, dt, smoothing),
        (initial.position_spread, initial.direction_spread),
    )
    L = np.asarray(sigma * np.linalg.cholesky(M), dtype=np.float64)
    std = np.sqrt(np.sum(L**2, axis=1))
    L = L * np.minimum(1.0, MAX_NOISE * torque_limits / std)[:, None]
    return Hold(frequency**2 * M, 2.0 * damping * frequency * M, L)


def _check_solvable(M: Array, initial: InitialPolicy, dt: float) -> None:
    """Check that a hold can be had of a mass matrix at a rate of control.

    Raises:
        TaskError: The matrix is singular but for rounding, or the hold is too quick.
    """
    values = np.linalg.eigvalsh(M)
    if not values[0] > MIN_INERTIA * values[-1]:
        raise TaskError(
            "initial_policy",
            "has no stiffness, damping and torque_std, and the mass matrix at the start is "
            f"singular (eigenvalues {values[0]:.3g} to {values[-1]:.3g}): give the joints an "
            "armature",
        )
    if initial.natural_frequency * max(1.0, initial.damping_ratio) * dt > MAX_STEP:
        most = MAX_STEP / dt / max(1.0, initial.damping_ratio)
        raise TaskError(
            "initial_policy.natural_frequency",
            f"is {initial.natural_frequency:g} rad/s, at most {most:.3g} can be held at this rate",
        )


def mass_matrix(model: mujoco.MjModel, data: mujoco.MjData, dofs: Sequence[int]) -> Array:
    """Return the mass matrix of some joints at the configuration in `data` [kg m^2], ``(n, n)``."""
    M = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, M)
    return M[np.ix_(dofs, dofs)]


def jacobians(
    model: mujoco.MjModel, data: mujoco.MjData, dofs: Sequence[int], site: int
) -> tuple[Array, Array]:
    """Return a site's Jacobians of position and of direction, ``(3, n)`` each."""
    J = np.zeros((2, 3, model.nv))
    mujoco.mj_jacSite(model, data, J[0], J[1], site)
    return J[0][:, dofs], J[1][:, dofs]


def noise_scale(
    M: Array, points: Sequence[tuple[Array, Array]], gain: float, want: tuple[float, float]
) -> float:
    """Return sigma, see above.

    Args:
        M: Mass matrix, ``(n, n)``.
        points: Jacobians of position and direction, ``(3, n)``, of each point.
        gain: g, see `oscillator_gain`.
        want: The spread of position [m] and direction [rad] that no point shall pass.

    Raises:
        TaskError: The joints move none of them.
    """
    reached = np.max(
        [[gain * np.sqrt(np.trace(J @ np.linalg.solve(M, J.T)) / 3) for J in p] for p in points],
        axis=0,
    )
    moved = reached > 0.0
    if not moved.any():
        raise TaskError(
            "initial_policy",
            "has no torque_std, and the joints move no point of the state whose spread could tell "
            "how much noise is wanted",
        )
    return float(np.min(np.array(want)[moved] / reached[moved]))


@cache
def oscillator_gain(frequency: float, damping: float, dt: float, smoothing: float) -> float:
    """Return the standard deviation of q with qdd = noise - omega^2 q - 2 zeta omega qd, sampled.

    Args:
        frequency: omega [rad/s].
        damping: zeta.
        dt: Control period [s]; noise and feedback are held over it.
        smoothing: Of the noise, see `draw_noise` [control steps].
    """
    rng = np.random.default_rng(0)
    noise = draw_noise(_STEPS, _SAMPLES, rng, smoothing)
    q = v = np.zeros(_SAMPLES)
    seen = np.empty((_STEPS, _SAMPLES))
    for t in range(_STEPS):
        acceleration = noise[t] - frequency**2 * q - 2 * damping * frequency * v
        for _ in range(_SUBSTEPS):
            v = v + dt / _SUBSTEPS * acceleration
            q = q + dt / _SUBSTEPS * v
        seen[t] = q
    return float(seen[_SETTLED:].std())
