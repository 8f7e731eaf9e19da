"""The policy that training starts from: zero torque or a weak hold of the start, with noise.

A hold is u = -stiffness (q - q_start) - damping qd, in the state's joint blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import InitialPolicy, Kind
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


def build_initial_policy(
    initial: InitialPolicy, layout: StateLayout, joints: Sequence[str], start: Array, T: int
) -> TVLGPolicy:
    """Build the policy of one condition.

    Args:
        initial: The section of a task file.
        layout: Layout of the state.
        joints: Actuated joints.
        start: Their start [rad or m], ``(dU,)``.
        T: Number of time steps.

    Raises:
        TaskError: A list has not one entry for each joint, or the state lacks joints to hold.
    """
    dU = len(joints)
    std = _per_joint(initial.torque_std, dU, "torque_std")
    K, k = np.zeros((dU, layout.dX)), np.zeros(dU)
    if initial.stiffness is not None and initial.damping is not None:
        stiffness = _per_joint(initial.stiffness, dU, "stiffness")
        damping = _per_joint(initial.damping, dU, "damping")
        K -= stiffness[:, None] * _joint_rows(layout, "joint_positions", joints)
        K -= damping[:, None] * _joint_rows(layout, "joint_velocities", joints)
        k += stiffness * start
    return TVLGPolicy(
        K=np.tile(K, (T, 1, 1)), k=np.tile(k, (T, 1)), L=np.tile(np.diag(std), (T, 1, 1))
    )


def _joint_rows(layout: StateLayout, kind: Kind, joints: Sequence[str]) -> Array:
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
