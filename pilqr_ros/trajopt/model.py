"""What PILQR knows before it updates: dynamics, quadratic cost, residual, KL steps.

Lines 3 to 5 of Algorithm 1. The residual cost-to-go S~ = S - S-hat compares each sample with what
the model predicts for it. Judged on the samples that the model was fitted to, a model with nearly
as many parameters as samples looks perfect; cross-fitting predicts each fold of samples with
dynamics that were fitted without it, and so judges the model on what it has not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilqr_ros.trajopt.batch import require_finite
from pilqr_ros.trajopt.cost import QuadraticCost
from pilqr_ros.trajopt.direct_model import Chain, DirectModel, fit_direct
from pilqr_ros.trajopt.dynamics import Dynamics, MeanDynamics, fit_with_folds
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.residual import (
    cost_to_go_from_mean,
    cost_to_go_from_samples,
    simulate_from_mean,
    simulated_cost_to_go,
)
from pilqr_ros.trajopt.step_rule import choose_steps, residual_ratio
from pilqr_ros.trajopt.typing import Array, Indices


@dataclass(frozen=True)
class Model:
    """Fitted dynamics, quadratic cost, and what follows from their errors.

    Attributes:
        dynamics: Fitted to all samples.
        cost: Quadratic approximation of the cost.
        residual: Residual cost-to-go of each sample, ``(N, T)``.
        ratio: Residual over cost per time step, ``(T,)``.
        step_multiplier: What the next update is given of the multipliers of the KL step, ``(T,)``.
        epsilon: LQR-FLM's KL bounds, ``(T,)``.
        direct: The direct model, where it predicts more than the chain of the dynamics.
    """

    dynamics: Dynamics
    cost: QuadraticCost
    residual: Array
    ratio: Array
    step_multiplier: Array
    epsilon: Array
    direct: DirectModel | None = None


def fit_model(problem: Problem) -> Model:
    """Fit dynamics and cost, compare them with the samples and adjust the KL steps."""
    settings, total = problem.settings, problem.batch.cost_to_go
    folds = min(settings.dynamics.cross_fit_folds, problem.batch.N)
    batches = (*problem.prior_batches, *problem.batches)
    dynamics, without_fold = fit_with_folds(batches, settings, folds)
    cost = problem.cost.expand_average(problem.batch.states, settings.lqr.cost_curvature)
    predicted = predict_cost_to_go(problem, dynamics, without_fold, cost)
    require_finite("the fitted model's cost-to-go", predicted.T)
    direct = None
    if settings.dynamics.direct_model and without_fold is not None:
        direct = look_past(problem, without_fold, predicted)
    residual = total - (predicted if direct is None else direct.predicted)
    ratio = residual_ratio(total, residual, settings)
    steps = choose_steps(problem.multiplier, ratio, settings)
    base = np.linspace(settings.lqr.kl_start, settings.lqr.kl_end, problem.policy.T)
    return Model(dynamics, cost, residual, ratio, steps.kept, base * steps.multiplier, direct)


def predict_cost_to_go(
    problem: Problem, dynamics: Dynamics, without_fold: MeanDynamics | None, cost: QuadraticCost
) -> Array:
    """Return S-hat of each sample, ``(N, T)``, cross-fitted where there are folds."""
    if without_fold is None:
        return _predict(problem, dynamics.mean, cost, np.arange(problem.batch.N))
    rows = fold_rows(problem.batch.N, len(without_fold.mu0))
    predicted = np.empty(problem.batch.costs.shape)
    predicted[rows] = _predict(problem, without_fold, cost, rows)
    return predicted


def fold_rows(N: int, folds: int) -> Indices:
    """Return the samples of each fold, ``(folds, ceil(N / folds))``.

    Sample i belongs to fold i modulo folds; a fold that is one short repeats its first sample.
    """
    rows = np.arange(-(-N // folds) * folds).reshape(-1, folds).T
    return np.where(rows < N, rows, np.arange(folds)[:, None])


def look_past(problem: Problem, without_fold: MeanDynamics, predicted: Array) -> DirectModel | None:
    """Return a direct model past a contact, where one predicts more than the chain.

    Args:
        problem: The problem.
        without_fold: The dynamics without each fold.
        predicted: S-hat of each sample by the chain of them, ``(N, T)``.
    """
    chain = Chain(_simulate(problem, without_fold), predicted, len(without_fold.mu0))
    return fit_direct(
        problem.batches, problem.settings.dynamics.history_weights, problem.cost, chain
    )


def _simulate(problem: Problem, without_fold: MeanDynamics) -> Array:
    """Return (x, 1, u) of each sample as predicted without its fold, ``(N, T, dX + 1 + dU)``."""
    policy, limits = problem.policy, problem.action_limits
    rows = fold_rows(problem.batch.N, len(without_fold.mu0))
    noise = problem.noise if limits is None else problem.batch.noise
    z = simulate_from_mean(policy, without_fold, noise[rows], limits)
    simulated = np.empty((problem.batch.N, policy.T, z.shape[-1]))
    simulated[rows] = np.moveaxis(z, 0, 2)
    return simulated


def _predict(problem: Problem, dynamics: MeanDynamics, cost: QuadraticCost, rows: Indices) -> Array:
    """Return S-hat of the samples in rows ``(..., N)``, ``(..., N, T)``."""
    policy, batch, limits = problem.policy, problem.batch, problem.action_limits
    noise = problem.noise if limits is None else batch.noise
    if problem.settings.dynamics.residual_start == "mean":
        return cost_to_go_from_mean(policy, dynamics, cost, noise[rows], limits)
    samples = batch.states[rows], batch.actions[rows], noise[rows]
    if limits is None:
        return cost_to_go_from_samples(policy, dynamics, cost, *samples)
    return simulated_cost_to_go(policy, dynamics, cost, *samples, limits)
