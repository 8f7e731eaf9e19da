"""Where a rollout starts: a condition's joints, with the jitter of a seed, within their bounds."""

from __future__ import annotations

import numpy as np

from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.typing import Array

_JITTER_STREAM = 1
"""Keeps the start's jitter independent of noise that is drawn from the same seed."""


def start_of(task: Task, condition: int, seed: int, jitter: bool) -> Array:
    """Return the start of the actuated joints [rad or m], ``(dU,)``.

    Args:
        task: The task.
        condition: Index of the condition.
        seed: Seed of the jitter.
        jitter: Whether there is any.

    Raises:
        TaskError: There is no such condition.
    """
    task.check_condition(condition)
    angles = task.conditions[condition].start.copy()
    if jitter:
        rng = np.random.default_rng([_JITTER_STREAM, seed])
        angles += task.reset.joint_jitter * rng.standard_normal(task.dU)
        angles = np.clip(angles, *task.position_limits.T)
    return angles
