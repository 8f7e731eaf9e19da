"""What stood between the policy and the arm: torque, rate, bounds and speed; and the gains."""

from __future__ import annotations

import numpy as np

from pilqr_ros.diagnosis.evidence import Evidence
from pilqr_ros.robot.guard.interventions import PROTECTED, Intervention, kinds_of

OFTEN = 0.2
"""Share of the control steps from which a limit is worth a word."""

ROSE = 10.0
"""Times the feedback gains may rise."""


def torque_limit(evidence: Evidence) -> tuple[str, str] | None:
    """A joint is at its torque limit for much of the time."""
    if not evidence.rollouts:
        return None
    applied = np.stack([rollout.applied for rollout in evidence.rollouts])
    at_limit = np.abs(applied) >= 0.999 * evidence.task.torque_limits
    shares = at_limit.mean(axis=(0, 1))
    found = [
        f"{joint} in {share:.0%}"
        for joint, share in zip(evidence.task.joints, shares, strict=True)
        if share > OFTEN
    ]
    if not found:
        return None
    return (
        f"at its torque limit: {', '.join(found)} of the last iteration's steps",
        "larger `torque_weights`, less noise, or a larger `torque_limit` if the arm has it",
    )


def rate_limit(evidence: Evidence) -> tuple[str, str] | None:
    """The torque changes faster than it may for much of the time."""
    share = _share(evidence, int(Intervention.RATE_LIMIT))
    if share <= OFTEN:
        return None
    return (
        f"the change of torque was limited in {share:.0%} of the last iteration's steps",
        "more `noise_smoothing`, less noise, a softer hold, or a larger `torque_rate_limit`",
    )


def kept_from_bounds(evidence: Evidence) -> tuple[str, str] | None:
    """Joints had to be kept from their bounds or slowed for much of the time."""
    share = _share(evidence, int(PROTECTED))
    if share <= OFTEN:
        return None
    seen = np.bitwise_or.reduce(
        np.concatenate([rollout.interventions for rollout in evidence.rollouts])
    )
    kinds = " and ".join(kinds_of(int(seen) & int(PROTECTED)))
    return (
        f"{kinds} cut the torque in {share:.0%} of the last iteration's steps",
        "a start further from the bounds, or a cost that does not drive the arm there",
    )


def gains_rose(evidence: Evidence) -> tuple[str, str] | None:
    """The feedback has become many times as stiff as it was."""
    sizes = [np.abs(policy.K).max(axis=(0, 2)) for policy in (evidence.first, evidence.last)]
    known = sizes[0] > 0
    if evidence.learned or evidence.improving or not known.any():
        return None
    ratios = np.where(known, sizes[1] / np.where(known, sizes[0], 1.0), 0.0)
    worst = int(np.argmax(ratios))
    if ratios[worst] <= ROSE:
        return None
    return (
        f"the gains of {evidence.task.joints[worst]} are {ratios[worst]:.0f} times the first ones",
        "a smaller `lqr.kl_start`, more rollouts, or a larger `dynamics.ridge`: such gains follow "
        "the noise of few samples",
    )


def _share(evidence: Evidence, kinds: int) -> float:
    """Return the share of the last rollouts' steps with one of these interventions."""
    if not evidence.rollouts:
        return 0.0
    steps = np.concatenate([rollout.interventions for rollout in evidence.rollouts])
    return float(np.mean((steps & kinds) > 0))
