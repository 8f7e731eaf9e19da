"""PILQR: LQR-FLM on the modelled cost, PI2 on what the model misses (section 4, Algorithm 1).

    line 3   fit the dynamics                                  `model`, `dynamics`
    line 4   residual cost-to-go S~ = S - S-hat                `model`, `residual`, `direct_model`
    line 5   KL steps from the ratio of residual to cost       `step_rule`
    line 6   temperatures from the dual                        `temperature`
    line 7   p-hat: LQR-FLM on the quadratic cost              `lqr_flm`    (equation 6)
    line 8   PI2 on p-hat's actions, weighted by S~            `pi2`        (equation 5)

LQR-FLM alone is lines 3 to 5 and 7, PI2 alone lines 6 and 8 on the whole cost.

In guided policy search (section 5) the new policy is constrained against a reference, the
linearised global policy, instead of the policy that was sampled: LQR-FLM's divergence is from the
reference, and PI2 alone reweights the actions that the reference takes under the recorded noise.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pilqr_ros.trajopt.divergence import sampled_kl
from pilqr_ros.trajopt.lqr_flm import LQRResult, lqr_flm
from pilqr_ros.trajopt.model import Model, fit_model
from pilqr_ros.trajopt.pi2 import pi2_update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.record import (
    StepStatus,
    UpdateRecord,
    UpdateResult,
    covariance_ratio,
)
from pilqr_ros.trajopt.sample_history import SampleHistory, SampleRecord, join
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.temperature import (
    Temperatures,
    effective_samples,
    solve_temperatures,
    with_temperature,
)
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array, Flags


def pilqr(problem: Problem) -> UpdateResult:
    """Return the update of Algorithm 1."""
    return two_stages(problem, fit_model(problem))


def two_stages(problem: Problem, model: Model) -> UpdateResult:
    """Return the update of Algorithm 1 for a given model (lines 6 to 8)."""
    settings = problem.settings
    lqr = _run_lqr(problem, model, update_covariance=settings.lqr.covariance == "update")
    newest = _sample_record(problem, model.residual)
    samples = join(newest, problem.history, settings.pi2.history_weights)
    weighted, fell_back = residual_weights(newest, samples, settings)
    policy = _reweighted(lqr.policy, samples, weighted, settings)
    record = _record("pilqr", policy, problem)
    record = _with_pi2(_with_lqr(record, lqr, model, problem), weighted, settings)
    flags = np.where(fell_back, StepStatus.FELL_BACK_TO_COST, 0)
    record = replace(record, status=record.status | flags)
    return UpdateResult(policy, model.step_multiplier, record, newest)


def lqr_flm_alone(problem: Problem) -> UpdateResult:
    """Return the update of LQR-FLM alone, covariance included (appendix 8.1)."""
    model = fit_model(problem)
    lqr = _run_lqr(problem, model, update_covariance=True)
    record = _with_lqr(_record("lqr-flm", lqr.policy, problem), lqr, model, problem)
    return UpdateResult(lqr.policy, model.step_multiplier, record)


def pi2_alone(problem: Problem) -> UpdateResult:
    """Return the update of PI2 alone, on the whole cost."""
    settings = problem.settings
    newest = _sample_record(problem, problem.batch.cost_to_go)
    samples = join(newest, problem.history, settings.pi2.history_weights)
    size = np.abs(newest.total).max(axis=0)
    weighted = solve_temperatures(samples.total, settings.pi2.kl, samples.prior, size)
    policy = _reweighted(problem.anchor, samples, weighted, settings)
    record = _with_pi2(_record("pi2", policy, problem), weighted, settings)
    return UpdateResult(policy, problem.multiplier, record, newest)


def residual_weights(
    newest: SampleRecord, samples: SampleHistory, settings: Settings
) -> tuple[Temperatures, Flags]:
    """Weight samples by their residual cost-to-go (lines 6 and 8).

    Args:
        newest: The samples of the present policy; they decide where the model is of no use.
        samples: All that are weighted.
        settings: Options `pi2`.

    Returns:
        The weights, and where the cost took the place of the residual, ``(T,)``.
    """
    total, residual = newest.total, newest.residual
    fell_back = np.zeros(total.shape[1], dtype=bool)
    if settings.pi2.fallback_to_cost:
        fell_back = residual.std(axis=0) > total.std(axis=0)
    costs = np.where(fell_back, samples.total, samples.residual)
    size = np.abs(total).max(axis=0)
    own = solve_temperatures(
        costs, settings.pi2.kl, samples.prior, size + np.abs(total - residual).max(axis=0)
    )
    if settings.pi2.temperature_cost == "residual":
        return own, fell_back
    of_total = solve_temperatures(samples.total, settings.pi2.kl, samples.prior, size)
    use_own = np.zeros(total.shape[1], dtype=bool)
    if settings.pi2.temperature_cost == "larger":
        use_own = of_total.constant | (~own.constant & (own.eta > of_total.eta))
    eta = np.where(use_own, own.eta, of_total.eta)
    weighted = with_temperature(costs, eta, samples.prior)
    at_bound = np.where(use_own, own.at_bound, of_total.at_bound)
    unsolved = np.where(use_own, own.unsolved, of_total.unsolved)
    flags = {"at_bound": at_bound, "constant": own.constant, "unsolved": unsolved}
    return weighted._replace(**flags), fell_back


def _reweighted(
    policy: TVLGPolicy, samples: SampleHistory, weighted: Temperatures, settings: Settings
) -> TVLGPolicy:
    """Return PI2's update of a policy (line 8)."""
    weights, unit = weighted.weights, samples.unit_noise
    return pi2_update(policy, samples.noise, weights, settings, unit)


def _sample_record(problem: Problem, residual: Array) -> SampleRecord:
    return SampleRecord(problem.noise, problem.policy.L, problem.batch.cost_to_go, residual)


def _run_lqr(problem: Problem, model: Model, *, update_covariance: bool) -> LQRResult:
    return lqr_flm(
        problem.anchor,
        model.dynamics,
        model.cost,
        model.epsilon,
        problem.settings,
        update_covariance=update_covariance,
        sampled=None if problem.reference is None else problem.policy,
        direct=model.direct,
    )


def _record(method: str, policy: TVLGPolicy, problem: Problem) -> UpdateRecord:
    return UpdateRecord(
        method=method,
        status=np.zeros(policy.T, dtype=np.int64),
        covariance_ratio=covariance_ratio(policy, problem.anchor),
    )


def _with_lqr(record: UpdateRecord, lqr: LQRResult, model: Model, problem: Problem) -> UpdateRecord:
    flags = np.where(lqr.slack, StepStatus.LQR_SLACK, 0)
    flags |= np.where(lqr.indefinite, StepStatus.LQR_INDEFINITE, 0)
    return replace(
        record,
        status=record.status | flags,
        kl_wanted=model.epsilon,
        kl_got=lqr.kl,
        kl_sampled=sampled_kl(lqr.policy, problem.anchor, problem.batch.states),
        multiplier=lqr.eta,
        lqr_passes=lqr.passes,
        residual_ratio=model.ratio,
        direct_step=None if model.direct is None else model.direct.step,
    )


def _with_pi2(record: UpdateRecord, weighted: Temperatures, settings: Settings) -> UpdateRecord:
    flags = np.where(weighted.at_bound, StepStatus.TEMPERATURE_AT_BOUND, 0)
    flags |= np.where(weighted.constant, StepStatus.CONSTANT_COST, 0)
    flags |= np.where(weighted.unsolved, StepStatus.TEMPERATURE_UNSOLVED, 0)
    return replace(
        record,
        status=record.status | flags,
        temperature=weighted.eta,
        pi2_kl_wanted=settings.pi2.kl,
        pi2_kl_got=weighted.kl,
        effective_samples=effective_samples(weighted.weights),
    )
