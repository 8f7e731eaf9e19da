"""Which key of a task file makes the first policy's noise larger or smaller."""

from __future__ import annotations

from pilqr_ros.tasks import Task


def noise_key(task: Task) -> str:
    """Return the key, or the keys, of `initial_policy` that an advice about its noise names."""
    return "position_spread and direction_spread" if task.hold_from_inertia else "torque_std"
