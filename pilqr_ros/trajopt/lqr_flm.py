"""LQR-FLM: model-based optimisation under one KL constraint per time step (section 3.1, 8.1).

    min E[Q_t(x, u)]   s.t.   E[ KL( p_new(u|x) || p_old(u|x) ) ] <= epsilon_t        (equation 1)

backward over t, with Q_t from the cost, the fitted dynamics and the next value function V_{t+1}.
In homogeneous coordinates y = (x, 1), u = P y, the recursions of appendix 8.1 are

    Q  = C + F' V' F                          (Qxx, Qux, Quu and, in the column of 1, Qx, Qu)
    G  = Quy + Quu P_old                      (gradient by u at the old policy's action)
    P  = P_old - (Quu + eta Sigma_old^-1)^-1 G
    Sigma = (Quu/eta + Sigma_old^-1)^-1
    V  = Qyy + P'Quy + Quy'P + P'Quu P

the third and fourth being the appendix's k, K and Sigma. (There p = N(Kx + k, Quu) should read
the inverse of Quu.) The multiplier eta_t is a one-dimensional root, see `multiplier`.

With the expectation over the old policy's states one backward pass is exact. Over the new
policy's, passes alternate: backward with the multipliers for the last known states, which gives
V, then forward, solving for each multiplier again with the states that the new policy reaches.
So the bound is met at every step after every pass; what settles over the passes is V.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.cost import QuadraticCost
from pilqr_ros.trajopt.dynamics import Dynamics
from pilqr_ros.trajopt.errors import UpdateError
from pilqr_ros.trajopt.factors import triangular_factor
from pilqr_ros.trajopt.homogeneous import (
    affine_dynamics,
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
        slack: The optimum lies within the bound, ``(T,)`` of bool.
        indefinite: Quu had no minimum; the multiplier made it one, ``(T,)`` of bool.
        Q: The last backward pass' Q-functions of (x, 1, u), ``(T, n + dU, n + dU)``.
        passes: Number of backward passes.
    """

    policy: TVLGPolicy
    eta: Array
    kl: Array
    slack: Flags
    indefinite: Flags
    Q: Array
    passes: int


class _Problem(NamedTuple):
    """The fixed parts: F ``(T-1, n, n+dU)``, C ``(T, n+dU, n+dU)``, P ``(T, dU, n)`` and so on."""

    F: Array
    C: Array
    P: Array
    L: Array
    noise: Array
    start: Array
    epsilon: Array
    update_covariance: bool
    old_value: bool


@dataclass
class _Pass:
    """What the passes fill in, time step by time step.

    W and G describe the minimum over u: P = P_old - W diag(1/(h + eta)) G, with W = L U the
    whitened eigenvectors of Quu, h its eigenvalues and G the whitened gradient.
    """

    Q: Array
    W: Array
    G: Array
    h: Array
    P: Array
    S: Array
    eta: Array
    kl: Array
    slack: Flags

    @classmethod
    def empty(cls, problem: _Problem) -> _Pass:
        T, dU, n = problem.P.shape
        return cls(
            Q=problem.C.copy(),
            W=np.empty((T, dU, dU)),
            G=np.empty((T, dU, n)),
            h=np.empty((T, dU)),
            P=problem.P.copy(),
            S=np.empty((T, n, n)),
            eta=np.empty(T),
            kl=np.empty(T),
            slack=np.empty(T, dtype=bool),
        )


def lqr_flm(
    policy: TVLGPolicy,
    dynamics: Dynamics,
    cost: QuadraticCost,
    epsilon: Array,
    settings: Settings,
    *,
    update_covariance: bool,
) -> LQRResult:
    """Update a policy by LQR-FLM.

    Args:
        policy: The old policy.
        dynamics: Fitted dynamics.
        cost: Quadratic cost, ``(T, ...)``.
        epsilon: Bound of the KL divergence per time step, ``(T,)``, above 0.
        settings: Options `kl_expectation`, `kl_passes`, `kl_tolerance`, `value_function`.
        update_covariance: Update the covariance too, or only the mean.

    Raises:
        UpdateError: A number overflows; the message names the time step.
    """
    problem = _problem(policy, dynamics, cost, epsilon, settings, update_covariance)
    state = _Pass.empty(problem)
    _propagate(problem, state)
    passes = 1
    _backward(problem, state)
    if settings.kl_expectation == "new":
        passes = _alternate(problem, state, settings)
    return LQRResult(
        policy=_new_policy(policy, problem, state),
        eta=state.eta,
        kl=state.kl,
        slack=state.slack,
        indefinite=state.h.min(axis=1) < -1e-12 * np.abs(state.h).max(axis=1),
        Q=state.Q,
        passes=passes,
    )


def _alternate(problem: _Problem, state: _Pass, settings: Settings) -> int:
    """Alternate forward and backward passes until the multipliers settle; count the latter."""
    _forward(problem, state)
    for passes in range(2, settings.kl_passes + 1):
        before = state.eta.copy()
        _backward(problem, state)
        _forward(problem, state)
        if np.all(np.abs(state.eta - before) <= settings.kl_tolerance * before):
            return passes
    return settings.kl_passes


def _problem(
    policy: TVLGPolicy,
    dynamics: Dynamics,
    cost: QuadraticCost,
    epsilon: Array,
    settings: Settings,
    update_covariance: bool,
) -> _Problem:
    noise = np.zeros((policy.T - 1, policy.dX + 1, policy.dX + 1))
    noise[:, :-1, :-1] = dynamics.covariance
    return _Problem(
        F=affine_dynamics(dynamics.fx, dynamics.fu, dynamics.f0),
        C=quadratic_form(cost, policy.dX),
        P=affine_policy(policy),
        L=policy.L,
        noise=noise,
        start=second_moment(dynamics.mu0, dynamics.sigma0),
        epsilon=epsilon,
        update_covariance=update_covariance,
        old_value=settings.value_function == "old",
    )


def _backward(problem: _Problem, state: _Pass) -> None:
    """Compute Q, the multipliers for the states S and the new policy, from the last step."""
    n = problem.P.shape[2]
    Q = problem.C[-1]
    for t in range(len(problem.P) - 1, -1, -1):
        if not np.isfinite(Q).all():
            raise UpdateError("the value function of the fitted model overflows", t)
        Quu, Quy, P_old, L = Q[n:, n:], Q[n:, :n], problem.P[t], problem.L[t]
        h, U = np.linalg.eigh(L.T @ Quu @ L)
        state.h[t] = h
        state.W[t] = W = L @ U
        state.G[t] = W.T @ (Quy + Quu @ P_old)
        _constrain(problem, state, t)
        if t > 0:
            P = P_old if problem.old_value else state.P[t]
            half = 0.5 * Q[:n, :n] + P.T @ (Quy + 0.5 * (Quu @ P))
            V = half + half.T  # symmetric exactly: the feedback does not damp an asymmetry
            F = problem.F[t - 1]
            state.Q[t - 1] = Q = problem.C[t - 1] + F.T @ (V @ F)


def _constrain(problem: _Problem, state: _Pass, t: int) -> None:
    """Solve for the multiplier at step t under the states S_t, and set the new policy."""
    G = state.G[t]
    gradient = np.einsum("ij,ij->i", G @ state.S[t], G)
    if not np.isfinite(gradient).all():
        raise UpdateError("the gradient of the fitted model's cost-to-go overflows", t)
    solved = solve_multiplier(
        state.h[t].tolist(),
        np.maximum(gradient, 0.0).tolist(),
        float(problem.epsilon[t]),
        with_covariance=problem.update_covariance,
    )
    state.eta[t], state.kl[t], state.slack[t] = solved
    state.P[t] = problem.P[t] - (state.W[t] / (state.h[t] + solved.eta)) @ G


def _propagate(problem: _Problem, state: _Pass) -> None:
    """Compute the state distributions of the old policy under the model."""
    state.S[0] = problem.start
    for t in range(len(problem.F)):
        state.S[t + 1] = _next_states(problem, state.S[t], problem.P[t], problem.L[t], t)


def _forward(problem: _Problem, state: _Pass) -> None:
    """Solve for the multipliers under the states that the new policy reaches."""
    for t in range(len(problem.P)):
        _constrain(problem, state, t)
        if t + 1 < len(problem.P):
            factor = problem.L[t]
            if problem.update_covariance:
                factor = state.W[t] * np.sqrt(state.eta[t] / (state.h[t] + state.eta[t]))
            state.S[t + 1] = _next_states(problem, state.S[t], state.P[t], factor, t)


def _next_states(problem: _Problem, S: Array, P: Array, factor: Array, t: int) -> Array:
    """Return E[y y'] one step later, under u = P y + factor xi."""
    F, n = problem.F[t], S.shape[0]
    closed = F[:, :n] + F[:, n:] @ P
    spread = F[:, n:] @ factor
    return closed @ S @ closed.T + spread @ spread.T + problem.noise[t]


def _new_policy(policy: TVLGPolicy, problem: _Problem, state: _Pass) -> TVLGPolicy:
    L = policy.L
    if problem.update_covariance:
        shrink = np.sqrt(state.eta[:, None] / (state.h + state.eta[:, None]))
        L = triangular_factor(state.W * shrink[:, None, :])
    return TVLGPolicy(state.P[..., :-1], state.P[..., -1], L)
