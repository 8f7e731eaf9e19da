"""The trial of an updated policy: a step that made everything worse is taken back.

The rollout without noise, where a policy has one, is executed first. Where it costs more than each
of the N rollouts of the policy before, noise included, the policy is refused (see `refusal`).
Were that rollout one more draw of the policy before, this would happen once in N + 1 updates:
nothing is tuned, and what a slope or a plateau brings passes. What it stops is a step that was
taken on a few lucky rollouts of a contact.
"""

from __future__ import annotations

from pilqr_ros.learning.errors import PolicyRefused
from pilqr_ros.learning.refusal import can_go_back
from pilqr_ros.learning.sampling import TrainingPlace
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.trajopt.batch import Batch


def check_no_worse(place: TrainingPlace, cost: CostReport, before: Batch | None) -> None:
    """Check a policy's rollout without noise against all of the policy before.

    Args:
        place: Where the rollout belongs.
        cost: What it cost.
        before: The rollouts of the policy before; None for the first policy.

    Raises:
        PolicyRefused: It costs more than each of them, and something lies between the two policies.
    """
    if before is None or not can_go_back(place.iteration, place.halved):
        return
    worst = float(before.costs.sum(axis=1).max())
    if cost.total > worst:
        raise PolicyRefused(
            f"{place}: without noise it costs {cost.total:.6g}, more than each of the "
            f"{len(before.costs)} rollouts of the policy before (at most {worst:.6g})",
            place.condition,
        )
