"""LQR-FLM: model-based optimisation under one KL constraint per time step (section 3.1, 8.1).

    min E[Q_t(x, u)]   s.t.   E[ KL( p_new(u|x) || p_old(u|x) ) ] <= epsilon_t        (equation 1)

backward over t, with Q_t from the cost, the fitted dynamics and the next value function V_{t+1}.
Written with y = (x, 1) and the whitened action v of u = K_old x + k_old + L v, in which the old
policy is N(0, I), the recursions of appendix 8.1 are

    Q = C + F' V' F                     (Qyy, Qvy and Qvv = U diag(h) U')
    v = -U diag(1 / (h + eta)) g y,     g = U' Qvy              (k_t and K_t of the appendix)
    Sigma_v = U diag(eta / (h + eta)) U'                        ((Quu/eta + Sigma_old^-1)^-1)
    V = Qyy - g' diag( (h + 2 eta) / (h + eta)^2 ) g            (Vxx, Vx; value of the new policy)

(In the appendix, p = N(Kx + k, Quu) should read the inverse of Quu.) The multiplier eta_t is a
one-dimensional root, see `multiplier`.

With the expectation over the old policy's states one backward pass is exact. Over the new
policy's, passes alternate: backward with the last known multipliers, which gives V, then forward,
solving for each multiplier with the states that the new policy reaches. So the bound is met at
every step after every pass; what settles over the passes is V.

With a direct model (see `direct_model`) the value function at its step b is given, not computed:
the steps before b look ahead through it.

In the loops over t the matrices are so small that `a.dot(b)` takes half the time of `a @ b`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.cost import QuadraticCost
from pilqr_ros.trajopt.direct_model import DirectModel
from pilqr_ros.trajopt.dynamics import Dynamics
from pilqr_ros.trajopt.errors import UpdateError
from pilqr_ros.trajopt.factors import symmetric_eigen, triangular_factor
from pilqr_ros.trajopt.homogeneous import (
    affine_policy,
    quadratic_form,
    second_moment,
)
from pilqr_ros.trajopt.multiplier import solve_multiplier
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array, Flags


class LQRResult(NamedTuple):
    """The new policy and how it met its constraints.

    Attributes:
        policy: The updated policy.
        eta: Multipliers, ``(T,)``.
        kl: KL divergence from the old policy, averaged over the states asked for, ``(T,)``.
        slack: The optimum lies within the bound, ``(T,)``.
        indefinite: Quu had no minimum; the multiplier made it one, ``(T,)``.
        V: The last backward pass' value functions of (x, 1), ``(T, dX + 1, dX + 1)``.
        passes: Number of backward passes.
    """

    policy: TVLGPolicy
    eta: Array
    kl: Array
    slack: Flags
    indefinite: Flags
    V: Array
    passes: int


class _Whitened(NamedTuple):
    """The dynamics in (y, v), v the whitened action of a policy; n = dX + 1.

    Attributes:
        M: Of (y, u) = M (y, v), ``(T, n + dU, n + dU)``.
        F: Of the next y, ``(T-1, n, n + dU)``.
        process: Process noise of it, ``(T-1, n, n)``.
        noise: All noise of it, the policy's actions' included, ``(T-1, n, n)``.
    """

    M: Array
    F: Array
    process: Array
    noise: Array


class _Problem(NamedTuple):
    """The problem in (y, v); n = dX + 1.

    Attributes:
        dynamics: With the old policy's whitened action.
        C: Cost, ``(T, n + dU, n + dU)``.
        start: Second moment of the initial y, ``(n, n)``.
        epsilon: KL bounds, ``(T,)``.
        update_covariance: Whether the covariance is updated.
        old_value: Whether to look ahead with the old policy's value function.
        direct: Whose value function is given at its step, if there is one.
    """

    dynamics: _Whitened
    C: Array
    start: Array
    epsilon: list[float]
    update_covariance: bool
    old_value: bool
    direct: DirectModel | None


class _Solution:
    """What the passes fill in, by time step, in the module's letters; lists, for speed."""

    def __init__(self, T: int) -> None:
        """Make room for T steps."""
        nothing = np.empty(0)
        self.U: list[Array] = [nothing] * T
        self.h: list[Array] = [nothing] * T
        self.g: list[Array] = [nothing] * T
        self.V: list[Array] = [nothing] * T
        self.S: list[Array] = [nothing] * T
        self.eta = [-math.inf] * T
        self.kl = [0.0] * T
        self.slack = [False] * T


def lqr_flm(
    policy: TVLGPolicy,
    dynamics: Dynamics,
    cost: QuadraticCost,
    epsilon: Array,
    settings: Settings,
    *,
    update_covariance: bool,
    sampled: TVLGPolicy | None = None,
    direct: DirectModel | None = None,
) -> LQRResult:
    """Update a policy by LQR-FLM.

    Args:
        policy: The old policy, from which the KL divergence is bounded.
        dynamics: Fitted dynamics.
        cost: Quadratic cost, ``(T, ...)``.
        epsilon: Bound of the KL divergence per time step, ``(T,)``, above 0.
        settings: Options `kl_expectation`, `kl_passes`, `kl_tolerance`, `value_function`.
        update_covariance: Update the covariance too, or only the mean.
        sampled: The policy whose states are the old ones, if that is another; None: `policy`.
        direct: The direct model past a contact, if there is one.

    Raises:
        UpdateError: A number overflows; the message names the time step.
    """
    problem = _problem(policy, dynamics, cost, epsilon, settings, update_covariance, direct)
    solution = _Solution(policy.T)
    old = problem.dynamics if sampled is None else _whitened(sampled, dynamics)
    solution.S = _state_moments(old, problem.start)
    _backward(problem, solution)
    passes = 1
    if settings.lqr.kl_expectation == "new":
        passes = _alternate(problem, solution, settings)
    eta, h = np.array(solution.eta), np.array(solution.h)
    return LQRResult(
        policy=_new_policy(policy, solution, eta, update_covariance=update_covariance),
        eta=eta,
        kl=np.array(solution.kl),
        slack=np.array(solution.slack),
        indefinite=h.min(axis=1) < -1e-12 * np.abs(h).max(axis=1),
        V=np.array(solution.V),
        passes=passes,
    )


def q_functions(dynamics: Dynamics, cost: QuadraticCost, V: Array) -> Array:
    """Return Q_t of (x, 1, u) for given next value functions, ``(T, n + dU, n + dU)``."""
    F = dynamics.mean.F
    Q = quadratic_form(cost, V.shape[-1] - 1)
    Q[:-1] += F.swapaxes(-1, -2) @ V[1:] @ F
    return Q


def _problem(
    policy: TVLGPolicy,
    dynamics: Dynamics,
    cost: QuadraticCost,
    epsilon: Array,
    settings: Settings,
    update_covariance: bool,
    direct: DirectModel | None,
) -> _Problem:
    """Put z = (y, u) = M (y, v) into dynamics and cost."""
    whitened = _whitened(policy, dynamics)
    M = whitened.M
    return _Problem(
        dynamics=whitened,
        C=M.swapaxes(-1, -2) @ quadratic_form(cost, policy.dX) @ M,
        start=second_moment(dynamics.mu0, dynamics.sigma0),
        epsilon=epsilon.tolist(),
        update_covariance=update_covariance,
        old_value=settings.lqr.value_function == "old",
        direct=direct,
    )


def _whitened(policy: TVLGPolicy, dynamics: Dynamics) -> _Whitened:
    """Put u of a policy into the dynamics."""
    n = policy.dX + 1
    M = np.zeros((policy.T, n + policy.dU, n + policy.dU))
    M[:, :n, :n] = np.eye(n)
    M[:, n:, :n], M[:, n:, n:] = affine_policy(policy), policy.L
    F = dynamics.mean.F @ M[:-1]
    process = np.zeros((policy.T - 1, n, n))
    process[:, :-1, :-1] = dynamics.covariance
    return _Whitened(M, F, process, process + F[..., n:] @ F[..., n:].swapaxes(-1, -2))


def _alternate(problem: _Problem, solution: _Solution, settings: Settings) -> int:
    """Alternate forward and backward passes until the multipliers settle; count the latter."""
    _forward(problem, solution)
    for passes in range(2, settings.lqr.kl_passes + 1):
        before = np.array(solution.eta)
        _backward(problem, solution)
        _forward(problem, solution)
        if np.all(np.abs(solution.eta - before) <= settings.lqr.kl_tolerance * before):
            return passes
    return settings.lqr.kl_passes


def _backward(problem: _Problem, solution: _Solution) -> None:
    """Compute Q and V from the last step, and the multipliers where none are known."""
    n, Q = problem.start.shape[0], problem.C[-1]
    for t in range(len(problem.C) - 1, -1, -1):
        h, U = symmetric_eigen(Q[n:, n:])
        g = U.T.dot(Q[n:, :n])
        solution.h[t], solution.U[t], solution.g[t] = h, U, g
        eta = solution.eta[t]
        if not eta > -2.0 * h[0]:  # not known yet, or hardly enough for this Quu
            eta = _constrain(problem, solution, t)
        half = 0.5 * Q[:n, :n]
        if not problem.old_value:
            gain = 1.0 / (h + eta)
            half -= (g.T * (0.5 * gain + 0.5 * eta * gain * gain)).dot(g)
        V = half + half.T  # feedback would not damp an asymmetry of rounding
        if problem.direct is not None and t == problem.direct.step:
            V = problem.direct.value
        solution.V[t] = V
        if t > 0:
            F = problem.dynamics.F[t - 1]
            Q = problem.C[t - 1] + F.T.dot(V.dot(F))


def _constrain(problem: _Problem, solution: _Solution, t: int) -> float:
    """Solve for the multiplier at step t under the states S_t, and return it."""
    g, h = solution.g[t], solution.h[t].tolist()
    m = np.einsum("ij,ij->i", g.dot(solution.S[t]), g).tolist()
    if not math.isfinite(sum(h) + sum(m)):
        raise UpdateError("the value function of the fitted model overflows", t)
    known = t if solution.eta[t] > 0 else min(t + 1, len(solution.eta) - 1)
    solution.eta[t], solution.kl[t], solution.slack[t] = solved = solve_multiplier(
        h,
        m,
        problem.epsilon[t],
        with_covariance=problem.update_covariance,
        guess=solution.eta[known],
    )
    return solved.eta


def _state_moments(old: _Whitened, start: Array) -> list[Array]:
    """Return the second moments of y under a policy and the model, ``(n, n)`` a step."""
    moments = [start]
    for closed, noise in zip(old.F[..., : len(start)], old.noise, strict=True):
        moments.append(closed.dot(moments[-1]).dot(closed.T) + noise)
    return moments


def _forward(problem: _Problem, solution: _Solution) -> None:
    """Solve for the multipliers under the states that the new policy reaches."""
    n, S, old = problem.start.shape[0], problem.start, problem.dynamics
    noise = old.process if problem.update_covariance else old.noise
    for t in range(len(problem.C)):
        solution.S[t] = S
        eta = _constrain(problem, solution, t)
        if t + 1 < len(problem.C):
            F, h = old.F[t], solution.h[t] + eta
            FU = F[:, n:].dot(solution.U[t])
            closed = F[:, :n] - (FU / h).dot(solution.g[t])
            S = closed.dot(S).dot(closed.T) + noise[t]
            if problem.update_covariance:
                S += (FU * (eta / h)).dot(FU.T)


def _new_policy(
    policy: TVLGPolicy, solution: _Solution, eta: Array, *, update_covariance: bool
) -> TVLGPolicy:
    """Return the policy of v, whitened, in terms of u."""
    h = np.array(solution.h) + eta[:, None]
    W = policy.L @ np.array(solution.U)
    step = (W / h[:, None, :]) @ np.array(solution.g)
    L = policy.L
    if update_covariance:
        L = triangular_factor(W * np.sqrt(eta[:, None] / h)[:, None, :])
    return TVLGPolicy(policy.K - step[..., :-1], policy.k - step[..., -1], L)
