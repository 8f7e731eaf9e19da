"""The rollouts: discarded ones, refused policies, and two ways to end."""

from __future__ import annotations

import numpy as np

from pilqr_ros.diagnosis.evidence import Evidence
from pilqr_ros.plain_text import printable

MANY = 0.2
"""Share of discarded rollouts that is worth a word."""

REASONS = 3
"""Most frequent reasons that are told."""

GAP = 0.4
"""Rollouts end in two ways where the largest gap between their distances is this share of all."""

SIDE = 0.2
"""Least share of the rollouts on either side of the gap."""


def discarded(evidence: Evidence) -> tuple[str, str] | None:
    """Many rollouts could not be learned from."""
    bad = sum(report["rollouts_invalid"] for report in evidence.recent)
    good = sum(report["rollouts"] for report in evidence.recent)
    if bad <= MANY * (bad + good):
        return None
    reasons = sorted(evidence.discard_reasons.items(), key=lambda one: -one[1])[:REASONS]
    why = "; ".join(f"{count} times: {reason}" for reason, count in reasons)
    return (
        f"{bad} of the {bad + good} rollouts of the last {len(evidence.recent)} iterations could "
        f"not be learned from{' (' + why + ')' if why else ''}",
        "late ticks ask for a quieter machine or lock-step, joints beyond bounds for less noise or "
        "a softer start, a start that was missed for a longer reset",
    )


def refused(evidence: Evidence) -> tuple[str, str] | None:
    """Policies were refused, by the guard or for their cost, and their steps halved."""
    steps = [
        (i, report["halvings"]) for i, report in enumerate(evidence.reports) if report["halvings"]
    ]
    if not steps or evidence.learned:
        return None
    where = ", ".join(f"{i} ({count} times)" for i, count in steps[-3:])
    told = evidence.reports[steps[-1][0]].get("refusals", ())
    why = f"; the last time: {printable(told[-1])}" if told else ""
    return (
        f"policies were refused, and their steps halved, in iteration {where}{why}",
        "a smaller `lqr.kl_start` and `pi2.kl`, or wider limits if the arm allows them",
    )


def two_modes(evidence: Evidence) -> tuple[str, str] | None:
    """The rollouts of one policy end in two ways."""
    distances = np.sort([cost.distance for cost in evidence.costs])
    if evidence.learned or distances.size < 5 or np.ptp(distances) == 0:
        return None
    gaps = np.diff(distances)
    where = int(np.argmax(gaps))
    near, far = distances[: where + 1], distances[where + 1 :]
    if gaps[where] < GAP * np.ptp(distances) or min(near.size, far.size) < SIDE * distances.size:
        return None
    unit = evidence.task.distance_unit
    return (
        f"the last {distances.size} rollouts end in two ways: {near.size} at {near.mean():.3g} "
        f"{unit}, {far.size} at {far.mean():.3g} {unit}",
        "what decides between them is a contact: less noise lets the policy settle in the better "
        "one, more rollouts tell both apart",
    )
