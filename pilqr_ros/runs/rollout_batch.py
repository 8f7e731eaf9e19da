"""From rollouts to what an update is given of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.trajopt.batch import Batch


def batch_of(executed: Sequence[tuple[Rollout, CostReport]]) -> Batch:
    """Return rollouts and their costs as a batch: what counts is the torque that was applied."""
    return Batch(
        states=np.stack([rollout.states for rollout, _ in executed]),
        actions=np.stack([rollout.applied for rollout, _ in executed]),
        noise=np.stack([rollout.noise for rollout, _ in executed]),
        costs=np.stack([cost.costs for _, cost in executed]),
    )
