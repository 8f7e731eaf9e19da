"""Small linear systems, costs and rollouts that share no code with what is tested."""

from dataclasses import dataclass

import numpy as np
import pytest

from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.cost import LossTerm, QuadraticCost, TrajectoryCost
from pilqr_ros.trajopt.dynamics import Dynamics
from pilqr_ros.trajopt.tvlg import TVLGPolicy


@dataclass(frozen=True)
class LinearSystem:
    """x' = A_t x + B_t u + b_t + noise, with random quadratic or smooth cost."""

    dynamics: Dynamics
    policy: TVLGPolicy
    cost: QuadraticCost

    @property
    def T(self):
        return self.policy.T

    @property
    def dX(self):
        return self.policy.dX

    @property
    def dU(self):
        return self.policy.dU

    def step(self, t, x, u):
        d = self.dynamics
        return d.fx[t] @ x + d.fu[t] @ u + d.f0[t]

    def cost_at(self, t, x, u):
        z = np.concatenate([x, u])
        return 0.5 * z @ self.cost.C[t] @ z + self.cost.c[t] @ z + self.cost.c0[t]

    def cost_to_go(self, t, x, u, act):
        """Simulate without noise from (x, u) at t, then with act(t, x)."""
        total = 0.0
        for j in range(t, self.T):
            total += self.cost_at(j, x, u)
            if j + 1 < self.T:
                x = self.step(j, x, u)
                u = act(j + 1, x)
        return total


def random_policy(rng, T, dX, dU, scale=0.5):
    L = np.tril(0.2 * rng.standard_normal((T, dU, dU)))
    L[:, range(dU), range(dU)] = scale * rng.uniform(0.5, 1.5, (T, dU))
    return TVLGPolicy(0.2 * rng.standard_normal((T, dU, dX)), rng.standard_normal((T, dU)), L)


def random_covariance(rng, *shape):
    root = rng.standard_normal((*shape, shape[-1]))
    return root @ root.swapaxes(-1, -2) / shape[-1] + 0.1 * np.eye(shape[-1])


@pytest.fixture
def make_system():
    def make(seed, T=8, dX=4, dU=2, process_noise=0.01, start_noise=0.1):
        rng = np.random.default_rng(seed)
        dynamics = Dynamics(
            fx=np.eye(dX) + 0.2 * rng.standard_normal((T - 1, dX, dX)),
            fu=0.5 * rng.standard_normal((T - 1, dX, dU)),
            f0=0.1 * rng.standard_normal((T - 1, dX)),
            covariance=process_noise * random_covariance(rng, T - 1, dX),
            mu0=rng.standard_normal(dX),
            sigma0=start_noise * random_covariance(rng, dX),
        )
        cost = QuadraticCost(
            random_covariance(rng, T, dX + dU),
            rng.standard_normal((T, dX + dU)),
            rng.standard_normal(T),
        )
        return LinearSystem(dynamics, random_policy(rng, T, dX, dU), cost)

    return make


@pytest.fixture
def make_task():
    """A linear system with a cost of named terms, and a function that rolls policies out."""

    def make(seed, T=10, dX=4, dU=2, process_noise=0.0, start_noise=0.0, beta=0.0, bend=0.0):
        rng = np.random.default_rng(seed)
        A = np.eye(dX) + 0.1 * rng.standard_normal((dX, dX))
        B, b = 0.3 * rng.standard_normal((dX, dU)), 0.05 * rng.standard_normal(dX)
        x0 = rng.standard_normal(dX)
        term = LossTerm("goal", np.eye(dX), rng.standard_normal(dX), 1.0, beta, np.ones(T))
        cost = TrajectoryCost((term,), 0.1 * np.ones(dU))

        def roll_out(policy, N, rng, noise=None):
            xi = rng.standard_normal((N, T, dU)) if noise is None else noise
            states, actions = np.empty((N, T, dX)), np.empty((N, T, dU))
            x = x0 + start_noise * rng.standard_normal((N, dX))
            for t in range(T):
                u = x @ policy.K[t].T + policy.k[t] + xi[:, t] @ policy.L[t].T
                states[:, t], actions[:, t] = x, u
                x = x @ A.T + u @ B.T + b + bend * np.tanh(5 * x[:, ::-1])
                x = x + process_noise * rng.standard_normal((N, dX))
            return Batch(states, actions, xi, cost.evaluate(states, actions))

        policy = random_policy(rng, T, dX, dU)
        return cost, policy, roll_out

    return make


def gaussian_kl(mean, covariance, old_mean, old_covariance):
    """KL( N(mean, covariance) || N(old) ), from its textbook formula."""
    precision = np.linalg.inv(old_covariance)
    difference = mean - old_mean
    logs = np.linalg.slogdet(old_covariance)[1] - np.linalg.slogdet(covariance)[1]
    trace = np.trace(precision @ covariance)
    return 0.5 * (trace + difference @ precision @ difference - len(mean) + logs)


@pytest.fixture
def policy_kl():
    """The KL divergence of two policies at each step, over Gaussian states of a third."""

    def expected(policy, old, dynamics, states_of):
        mean, covariance = dynamics.mu0, dynamics.sigma0
        kls = []
        for t in range(policy.T):
            dK, dk = policy.K[t] - old.K[t], policy.k[t] - old.k[t]
            old_covariance = old.L[t] @ old.L[t].T
            at_mean = gaussian_kl(
                dK @ mean + dk, policy.L[t] @ policy.L[t].T, np.zeros(len(dk)), old_covariance
            )
            spread = np.trace(np.linalg.inv(old_covariance) @ dK @ covariance @ dK.T)
            kls.append(at_mean + 0.5 * spread)
            if t + 1 < policy.T:
                p, fx, fu = states_of, dynamics.fx[t], dynamics.fu[t]
                closed = fx + fu @ p.K[t]
                mean = closed @ mean + fu @ p.k[t] + dynamics.f0[t]
                covariance = closed @ covariance @ closed.T + dynamics.covariance[t]
                covariance = covariance + fu @ p.L[t] @ p.L[t].T @ fu.T
        return np.array(kls)

    return expected
