"""The trial of an updated policy: a step that made everything worse is taken back.

The rollout without noise, where a policy has one, is executed first. Where it costs more than each
of the N rollouts of the policy before, noise included, or the guard steps in more often than in
each of them, the policy is refused (see `refusal`). Were that rollout one more draw of the policy
before, either would happen once in N + 1 updates: nothing is tuned, and what a slope or a plateau
brings passes. What it stops is a step that was taken on a few lucky rollouts of a contact, and one
into speeds and torques that the guard has to cut: there a small change of the policy changes
everything, and nothing that is learned lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pilqr_ros.learning.errors import PolicyRefused
from pilqr_ros.learning.refusal import can_go_back
from pilqr_ros.learning.sampling import TrainingPlace
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport


class Outcome(NamedTuple):
    """What one rollout came to.

    Attributes:
        cost: Its total cost.
        interventions: How often the guard changed a torque of it, each reason counted.
    """

    cost: float
    interventions: int

    @classmethod
    def of(cls, rollout: Rollout, cost: CostReport) -> Outcome:
        """Return what a rollout came to."""
        return cls(cost.total, sum(rollout.intervention_counts.values()))


def check_no_worse(place: TrainingPlace, tried: Outcome, before: Sequence[Outcome]) -> None:
    """Check a policy's rollout without noise against all of the policy before.

    Args:
        place: Where the rollout belongs.
        tried: What it came to.
        before: What the rollouts of the policy before came to; none for the first policy.

    Raises:
        PolicyRefused: It is worse than each of them, and something lies between the two policies.
    """
    if not before or not can_go_back(place.iteration, place.halved):
        return
    dearest = max(each.cost for each in before)
    if tried.cost > dearest:
        _refuse(place, f"it costs {tried.cost:.6g}", f"{dearest:.6g}", len(before))
    most = max(each.interventions for each in before)
    if tried.interventions > most:
        _refuse(place, f"the guard steps in {tried.interventions} times", f"{most}", len(before))


def _refuse(place: TrainingPlace, what: str, most: str, count: int) -> None:
    """Refuse a policy by what is more than ever with the policy before."""
    raise PolicyRefused(
        f"{place}: without noise {what}, more than in each of the {count} rollouts of the policy "
        f"before (at most {most})",
        place.condition,
    )
