"""The policy that training starts from: zero torque or a weak hold of the start, with noise.

A hold is u = -stiffness (q - q_start) - damping qd, in the state's joint blocks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import InitialPolicy, Kind
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


class Hold(NamedTuple):
    """Gains and noise of a first policy, ``(dU, dU)`` each.

    Attributes:
        stiffness: Torque for a joint's displacement [N m/rad].
        damping: Torque for a joint's speed [N m s/rad].
        L: Factor of the noise's covariance [N m], lower triangular.
    """

    stiffness: Array
    damping: Array
    L: Array


def given_hold(initial: InitialPolicy, dU: int) -> Hold:
    """Return the gains and the noise that a task file gives for each joint.

    Raises:
        TaskError: A list has not one entry for each joint.
    """
    std = _per_joint(initial.torque_std or (), dU, "torque_std")
    stiffness = _per_joint(initial.stiffness or (0.0,) * dU, dU, "stiffness")
    damping = _per_joint(initial.damping or (0.0,) * dU, dU, "damping")
    return Hold(np.diag(stiffness), np.diag(damping), np.diag(std))


def build_initial_policy(
    hold: Hold, layout: StateLayout, joints: tuple[str, ...], start: Array, T: int
) -> TVLGPolicy:
    """Build the policy of one condition.

    Args:
        hold: Its gains and noise; gains of zero need no joints in the state.
        layout: Layout of the state.
        joints: Actuated joints.
        start: Their start [rad or m], ``(dU,)``.
        T: Number of time steps.

    Raises:
        TaskError: The state lacks joints to hold.
    """
    K = np.zeros((len(joints), layout.dX))
    if np.any(hold.stiffness) or np.any(hold.damping):
        K -= hold.stiffness @ _joint_rows(layout, "joint_positions", joints)
        K -= hold.damping @ _joint_rows(layout, "joint_velocities", joints)
    k = hold.stiffness @ start
    return TVLGPolicy(K=np.tile(K, (T, 1, 1)), k=np.tile(k, (T, 1)), L=np.tile(hold.L, (T, 1, 1)))


def _joint_rows(layout: StateLayout, kind: Kind, joints: tuple[str, ...]) -> Array:
    """Return the matrix that picks the joints from the state, ``(dU, dX)``."""
    entries = layout.joint_entries(kind, joints, key="initial_policy.kind", user="hold")
    rows: Array = np.eye(layout.dX)[entries]
    return rows


def _per_joint(values: tuple[float, ...], dU: int, key: str) -> Array:
    """Return values as an array after checking that there is one for each joint."""
    if len(values) != dU:
        problem = f"has {len(values)} entries, expected {dU} (one for each joint)"
        raise TaskError(f"initial_policy.{key}", problem)
    return np.asarray(values)
