"""The trial of an updated policy: a step that made everything worse is taken back.

The rollout without noise, where a policy has one, is executed first. Where it costs more than each
of the N rollouts of the policy before, noise included, or the guard steps in more often than in
each of them, the policy is refused (see `refusal`). Were that rollout one more draw of the policy
before, either would happen once in N + 1 updates: nothing is tuned, and what a slope or a plateau
brings passes. What it stops is a step that was taken on a few lucky rollouts of a contact, and one
into speeds and torques that the guard has to cut: there a small change of the policy changes
everything, and nothing that is learned lasts.

What is learned can be lost all the same, from ten successes of ten to two. So a policy is refused,
too, whose rollouts succeed less often than those of the policy before by more than chance: by
Fisher's exact test, one-sided, at `LOST`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pilqr_ros.learning.errors import PolicyRefused
from pilqr_ros.learning.refusal import can_go_back
from pilqr_ros.learning.sampling import TrainingPlace
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport

LOST = 0.05
"""Chance of so few successes, did a policy succeed as often as the one before, that refuses it."""


class Trials:
    """Tries each policy against what the rollouts of the policy before came to."""

    def __init__(self) -> None:
        """Begin without any."""
        self._before: dict[int, list[_Outcome]] = {}

    def add(self, condition: int, executed: Sequence[tuple[Rollout, CostReport]]) -> None:
        """Take the rollouts of a policy, from which its successor is made."""
        self._before[condition] = [_Outcome.of(*each) for each in executed]

    def check_first(self, place: TrainingPlace, rollout: Rollout, cost: CostReport) -> None:
        """Check a policy's rollout without noise against all of the policy before.

        Args:
            place: Where the rollout belongs.
            rollout: The rollout.
            cost: What it cost.

        Raises:
            PolicyRefused: It is worse than each of them, and something lies between the policies.
        """
        before = self._before.get(place.condition)
        if not before or not can_go_back(place.iteration, place.halved):
            return
        tried = _Outcome.of(rollout, cost)
        dearest = max(each.cost for each in before)
        if tried.cost > dearest:
            _refuse(place, f"it costs {tried.cost:.6g}", f"{dearest:.6g}", len(before))
        most = max(each.interventions for each in before)
        if tried.interventions > most:
            _refuse(
                place, f"the guard steps in {tried.interventions} times", f"{most}", len(before)
            )

    def check_all(
        self, place: TrainingPlace, executed: Sequence[tuple[Rollout, CostReport]]
    ) -> None:
        """Check the successes of a policy's rollouts against those of the policy before.

        Args:
            place: Where one of the rollouts belongs.
            executed: All of them, and what they cost.

        Raises:
            PolicyRefused: They succeed less often by more than chance, and something lies between
                the two policies.
        """
        before = self._before.get(place.condition, [])
        now, then = sum(cost.success for _, cost in executed), sum(each.success for each in before)
        fewer = now * len(before) < then * len(executed)
        if not fewer or not can_go_back(place.iteration, place.halved):
            return
        from scipy.stats import fisher_exact  # takes long to import

        table = [[now, len(executed) - now], [then, len(before) - then]]
        chance = float(fisher_exact(table, alternative="less").pvalue)
        if chance < LOST:
            raise PolicyRefused(
                f"iteration {place.iteration}, condition {place.condition}: {now} of "
                f"{len(executed)} rollouts succeed, {then} of {len(before)} of the policy before "
                f"did (by chance {chance:.2g})",
                place.condition,
            )


class _Outcome(NamedTuple):
    """What one rollout came to: its cost, how often the guard stepped in, whether it succeeded."""

    cost: float
    interventions: int
    success: bool

    @classmethod
    def of(cls, rollout: Rollout, cost: CostReport) -> _Outcome:
        return cls(cost.total, sum(rollout.intervention_counts.values()), cost.success)


def _refuse(place: TrainingPlace, what: str, most: str, count: int) -> None:
    """Refuse a policy by what is more than ever with the policy before."""
    raise PolicyRefused(
        f"{place}: without noise {what}, more than in each of the {count} rollouts of the policy "
        f"before (at most {most})",
        place.condition,
    )
