"""The update: noise, weights, temperature, model, step, and the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.diagnosis.evidence import RECENT, Evidence
from pilqr_ros.trajopt.record import StepStatus

GONE = 0.1
"""Share of the first noise below which little is explored."""

GREW = 3.0
"""Times the first noise that is worth a word."""

FEW = 1.5
"""Effective samples below which one rollout decides."""

OFTEN = 0.5
"""Share of the time steps from which a state of the update is worth a word."""

BLIND = 0.9
"""Ratio of residual to cost from which the model explains nothing."""

BEYOND = 3.0
"""Times its bound that a KL step may be, by the samples' own states."""

MISSED = 0.1
"""Share of a block's next state that a one-step model may miss unmentioned."""

AT_BOUND = 0.9
"""Share of the time steps from which LQR-FLM's step counts as limited by its bound."""

GAIN = 0.02
"""Share by which the cost must fall over three iterations to count as a gain."""

MISSES = 2.0
"""Standard deviations of the noise that a network may be off its teacher."""


def noise_gone(evidence: Evidence) -> tuple[str, str] | None:
    """There is no noise left to learn from, and the task is not learned."""
    ratio = float(evidence.noise_ratios().mean())
    if evidence.learned or ratio >= GONE:
        return None
    return (
        f"the noise is {ratio:.1%} of the first, and {evidence.success_rate:.0%} of the recent "
        "rollouts succeed",
        "more iterations, a later calendar (`annealing.share`), or `annealing: {rule: evidence}`",
    )


def noise_grew(evidence: Evidence) -> tuple[str, str] | None:
    """The noise of a joint has grown, and the task is not learned."""
    ratios = evidence.noise_ratios()
    worst = int(np.argmax(ratios))
    if evidence.learned or ratios[worst] <= GREW:
        return None
    return (
        f"the noise of {evidence.task.joints[worst]} is {ratios[worst]:.1f} times the first",
        "a smaller `covariance.ratio_max`; where torques saturate the noise also holds what the "
        "limits cut off",
    )


def one_sample(evidence: Evidence) -> tuple[str, str] | None:
    """A single rollout has nearly all of PI2's weight."""
    effective = evidence.recorded("effective_samples")
    if effective.size == 0:
        return None
    share = float(np.mean(effective < FEW))
    if share <= OFTEN:
        return None
    return (
        f"at {share:.0%} of the time steps less than {FEW:g} samples have all of the weight",
        "a smaller `pi2.kl`, or more rollouts",
    )


def temperature_at_bound(evidence: Evidence) -> tuple[str, str] | None:
    """PI2's KL step cannot be reached: the best samples share all weight."""
    return _at_status(
        evidence,
        StepStatus.TEMPERATURE_AT_BOUND,
        "the temperature is at its bound",
        "a smaller `pi2.kl`, or more rollouts: the best samples share all weight",
    )


def equal_costs(evidence: Evidence) -> tuple[str, str] | None:
    """All samples cost the same, so that none is better."""
    return _at_status(
        evidence,
        StepStatus.CONSTANT_COST,
        "all rollouts cost the same",
        "larger noise, or a cost that tells rollouts apart before the goal is reached",
    )


def model_blind(evidence: Evidence) -> tuple[str, str] | None:
    """The fitted model explains nothing of the cost over much of the time."""
    ratio = evidence.recorded("residual_ratio")
    if evidence.learned or ratio.size == 0:
        return None
    blind = np.median(ratio, axis=0) >= BLIND
    if blind.mean() <= OFTEN:
        return None
    return (
        f"the model explains less than {1 - BLIND:.0%} of the cost at {blind.mean():.0%} of the "
        f"time steps ({_stretch(blind)}){_missed_there(evidence, blind)}",
        "more rollouts or `dynamics.history_weights`, a state that holds what matters, less noise "
        "at a contact; PI2 goes on without the model",
    )


def _missed_there(evidence: Evidence, steps: NDArray[np.bool_]) -> str:
    """Tell which blocks of the state the one-step model misses most at these time steps."""
    if evidence.model_error is None:
        return ""
    error = evidence.model_error[steps[:-1]]
    shares = {
        block.name: float(np.nanmedian(column))
        for block, column in zip(evidence.task.layout.blocks, error.T, strict=True)
        if np.isfinite(column).any()
    }
    worst = sorted(shares, key=lambda name: -shares[name])[:2]
    told = [f"{shares[name]:.0%} of {name}" for name in worst if shares[name] > MISSED]
    return f"; from one step to the next it misses {' and '.join(told)}" if told else ""


def kl_without_gain(evidence: Evidence) -> tuple[str, str] | None:
    """LQR-FLM takes its whole KL step nearly everywhere, and the cost does not fall."""
    status, costs = evidence.recorded("status").astype(int), evidence.mean_costs()
    if evidence.learned or costs.size < 2 * RECENT or evidence.recorded("kl_wanted").size == 0:
        return None
    slack = int(StepStatus.LQR_SLACK | StepStatus.LQR_INDEFINITE)
    share = float(np.mean((status & slack) == 0))
    before, now = costs[-2 * RECENT : -RECENT].mean(), costs[-RECENT:].mean()
    if share < AT_BOUND or now < (1.0 - GAIN) * before:
        return None
    return (
        f"LQR-FLM takes its whole KL step at {share:.0%} of the time steps, and the mean cost of "
        f"the last three iterations is {now / before:.0%} of that of the three before",
        "where the model is right a larger `lqr.kl_start` goes further; where it is not "
        "(`model_blind`, `step_beyond_bound`) more rollouts or a smaller one",
    )


def step_beyond_bound(evidence: Evidence) -> tuple[str, str] | None:
    """LQR-FLM's step is many times its bound over the states that the samples visit."""
    kl = [report["update"]["lqr_kl"] for report in evidence.recent]
    known = [one for one in kl if one is not None]
    if evidence.learned or not known:
        return None
    ratio = float(np.median([one["sampled"] / one["wanted"] for one in known]))
    if ratio <= BEYOND:
        return None
    worst = max(known, key=lambda one: one["largest_excess"])
    return (
        f"LQR-FLM's KL step is {ratio:.1f} times its bound over the samples' states, most at step "
        f"{worst['at_step']}",
        "a smaller `lqr.kl_start` and `lqr.kl_end`: the states spread further than the model says",
    )


def still_improving(evidence: Evidence) -> tuple[str, str] | None:
    """The cost still falls at the end of a run that has neither learned nor stalled."""
    fall = evidence.recent_fall
    if evidence.learned or fall is None or not evidence.improving:
        return None
    return (
        f"the mean cost fell by {fall:.0%} over the last three iterations",
        "more iterations: `--iterations`",
    )


def network_misses(evidence: Evidence) -> tuple[str, str] | None:
    """The network is far from the local policy that it is to be."""
    error = evidence.network_error
    if evidence.learned or error is None or error <= MISSES:
        return None
    return (
        f"the network's torques are off the local policy's by {error:.1f} "
        "standard deviations of its noise",
        "a wider network (`mdgps.settings.network`), more `supervised.epochs`, or something in "
        "what it observes that tells the conditions apart",
    )


def _at_status(
    evidence: Evidence, flag: StepStatus, says: str, advice: str
) -> tuple[str, str] | None:
    """Tell of a state of the update that holds at many time steps."""
    status = evidence.recorded("status").astype(int)
    if evidence.learned or status.size == 0:
        return None
    steps = np.mean((status & int(flag)) > 0, axis=0) > 0.5
    if steps.mean() <= OFTEN:
        return None
    return f"{says} at {steps.mean():.0%} of the time steps ({_stretch(steps)})", advice


def _stretch(steps: NDArray[np.bool_]) -> str:
    """Return the first and the last of these time steps in words."""
    where = np.flatnonzero(steps)
    return f"steps {where[0]} to {where[-1]}"
