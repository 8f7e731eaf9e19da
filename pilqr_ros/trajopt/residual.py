"""The cost-to-go that the fitted model predicts for each sample, S-hat (section 4.3).

A sample is a deterministic controller with its own noise (equation 7), u_t = P_t y_t + a_t with
a_t = L_t xi_t and y = (x, 1). Under linear dynamics and quadratic cost its cost-to-go is

    V_i(y) = 0.5 y'V y + v_i'y

with V shared by all samples and v_i linear in the noise, so one backward pass gives S-hat from
every sampled (x_t, u_t): O(T) per sample, where simulating from each step takes O(T^2). Where the
simulated torque is clipped this does not hold, and all starts are simulated side by side.

The leading axes ``...`` are folds, each with its own dynamics and samples, or absent.
"""

from __future__ import annotations

import numpy as np

from pilqr_ros.trajopt.batch import to_go
from pilqr_ros.trajopt.cost import QuadraticCost
from pilqr_ros.trajopt.dynamics import MeanDynamics
from pilqr_ros.trajopt.homogeneous import (
    affine_policy,
    append_one,
    quadratic_form,
)
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


def cost_to_go_from_samples(
    policy: TVLGPolicy,
    dynamics: MeanDynamics,
    cost: QuadraticCost,
    states: Array,
    actions: Array,
    noise: Array,
) -> Array:
    """Return S-hat from each sampled (x_t, u_t), ``(..., N, T)`` (the paper's definition).

    Args:
        policy: The policy that was sampled.
        dynamics: Fitted dynamics.
        cost: Quadratic cost, ``(T, ...)``.
        states: ``(..., N, T, dX)``.
        actions: ``(..., N, T, dU)`` [N m].
        noise: Unit noise, ``(..., N, T, dU)``.
    """
    C, F = quadratic_form(cost, policy.dX), dynamics.F
    P, a = affine_policy(policy), _offsets(policy, noise)
    z = _time_first(append_one(states), actions)
    predicted = np.empty(z.shape[:-1])
    Q, q = C[-1], np.zeros(z[0].shape)
    for t in range(policy.T - 1, -1, -1):
        predicted[t] = np.sum((0.5 * (z[t] @ Q) + q) * z[t], axis=-1)
        if t > 0:
            V, v = _follow(Q, q, P[t], a[t])
            Q = C[t - 1] + F[t - 1].swapaxes(-1, -2) @ (V @ F[t - 1])
            q = v @ F[t - 1]
    return np.moveaxis(predicted, 0, -1)


def _follow(Q: Array, q: Array, P: Array, a: Array) -> tuple[Array, Array]:
    """Put u = P y + a_i into 0.5 z'Q z + q_i'z: the value functions V and v_i of y.

    Args:
        Q: ``(..., n + dU, n + dU)``.
        q: ``(..., N, n + dU)``.
        P: ``(dU, n)``.
        a: ``(..., N, dU)``.
    """
    n = P.shape[1]
    Quu, Quy, qu = Q[..., n:, n:], Q[..., n:, :n], q[..., n:]
    half = 0.5 * Q[..., :n, :n] + P.T @ (Quy + 0.5 * (Quu @ P))
    v = q[..., :n] + qu @ P + a @ (Quy + Quu @ P)
    v[..., -1] += np.sum((0.5 * (a @ Quu) + qu) * a, axis=-1)
    return half + half.swapaxes(-1, -2), v


def cost_to_go_from_mean(
    policy: TVLGPolicy,
    dynamics: MeanDynamics,
    cost: QuadraticCost,
    noise: Array,
    limits: Array | None = None,
) -> Array:
    """Return S-hat along one simulation per sample from the mean start, ``(..., N, T)``.

    Args:
        policy: The policy that was sampled.
        dynamics: Fitted dynamics.
        cost: Quadratic cost, ``(T, ...)``.
        noise: Unit noise, ``(..., N, T, dU)``.
        limits: Clip simulated actions to +- these, ``(dU,)`` [N m].
    """
    C, z = quadratic_form(cost, policy.dX), simulate_from_mean(policy, dynamics, noise, limits)
    flat = z.reshape(policy.T, -1, z.shape[-1])
    costs = 0.5 * np.sum((flat @ C) * flat, axis=-1).reshape(z.shape[:-1])
    return to_go(np.moveaxis(costs, 0, -1))


def simulate_from_mean(
    policy: TVLGPolicy, dynamics: MeanDynamics, noise: Array, limits: Array | None = None
) -> Array:
    """Return (x, 1, u) along one simulation per sample from the mean start, time first.

    Arguments as in `cost_to_go_from_mean`; shape ``(T, ..., N, n + dU)``.
    """
    P, a = affine_policy(policy), _offsets(policy, noise)
    n = policy.dX + 1
    z = np.empty((*a.shape[:-1], n + policy.dU))
    y = append_one(dynamics.mu0)[..., None, :]
    for t in range(policy.T):
        z[t, ..., :n] = y
        z[t, ..., n:] = _clip(z[t, ..., :n] @ P[t].T + a[t], limits)
        if t + 1 < policy.T:
            y = z[t] @ dynamics.F[t].swapaxes(-1, -2)
    return z


def simulated_cost_to_go(
    policy: TVLGPolicy,
    dynamics: MeanDynamics,
    cost: QuadraticCost,
    states: Array,
    actions: Array,
    noise: Array,
    limits: Array,
) -> Array:
    """Return S-hat from each sampled (x_t, u_t) with clipped actions, ``(..., N, T)``.

    Step j of the simulations that started at steps 0 .. j is computed at once. Arguments as in
    `cost_to_go_from_samples` and `cost_to_go_from_mean`.
    """
    C, F = quadratic_form(cost, policy.dX), dynamics.F
    P, a = affine_policy(policy), _offsets(policy, noise)
    sampled = _time_first(append_one(states), actions)
    predicted = np.zeros(sampled.shape[:-1])
    z = sampled[:1]
    for t in range(policy.T):
        predicted[: t + 1] += 0.5 * np.sum((z @ C[t]) * z, axis=-1)
        if t + 1 < policy.T:
            y = z @ F[t].swapaxes(-1, -2)
            u = _clip(y @ P[t + 1].T + a[t + 1], limits)
            z = np.concatenate([np.concatenate([y, u], axis=-1), sampled[t + 1 : t + 2]])
    return np.moveaxis(predicted, 0, -1)


def _time_first(y: Array, u: Array) -> Array:
    """Return z = (y, u), ``(T, ..., N, n + dU)``."""
    return np.ascontiguousarray(np.moveaxis(np.concatenate([y, u], axis=-1), -2, 0))


def _offsets(policy: TVLGPolicy, noise: Array) -> Array:
    """Return a_t = L_t xi_t of each sample, ``(T, ..., N, dU)``."""
    return np.moveaxis(np.einsum("tij,...tj->...ti", policy.L, noise), -2, 0)


def _clip(u: Array, limits: Array | None) -> Array:
    return u if limits is None else np.clip(u, -limits, limits)
