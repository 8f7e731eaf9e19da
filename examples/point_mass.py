"""PILQR on a point mass of one's own: no robot, no ROS, no simulator, numpy alone.

A force pushes a mass of 1 kg, with friction that the method does not know, to 1 m within two
seconds. Run it: ``python examples/point_mass.py``.
"""

import numpy as np

from pilqr_ros.trajopt import (
    Batch,
    LossTerm,
    Problem,
    TrajectoryCost,
    TVLGPolicy,
    draw_noise,
    update,
)

T, DT = 40, 0.05  # time steps, and what lies between them [s]


def roll_out(policy: TVLGPolicy, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the states ``(T, 2)`` [m, m/s] and forces ``(T, 1)`` [N] of one rollout."""
    x, states, forces = np.zeros(2), [], []
    for t in range(T):
        u = policy.act(t, x, noise[t])
        states.append(x)
        forces.append(u)
        position, speed = x
        x = np.array([position + DT * speed, speed + DT * (u[0] - 0.5 * np.tanh(5 * speed))])
    return np.array(states), np.array(forces)


def main(iterations: int = 15, rollouts: int = 8, seed: int = 0) -> float:
    """Train, and return how far from the goal the last policy ends [m]."""
    rng = np.random.default_rng(seed)
    at_goal = LossTerm("goal", np.eye(2), np.array([1.0, 0.0]), 1.0, 0.1, np.linspace(0, 1, T) ** 2)
    cost = TrajectoryCost((at_goal,), torque_weights=np.array([1e-4]))
    policy = TVLGPolicy(np.zeros((T, 1, 2)), np.zeros((T, 1)), np.full((T, 1, 1), 0.5))
    multiplier, batches, history = np.ones(T), [], []
    for iteration in range(iterations):
        noise = np.stack([draw_noise(T, 1, rng, smoothing=2.0) for _ in range(rollouts)])
        states, forces = map(np.stack, zip(*(roll_out(policy, xi) for xi in noise), strict=True))
        costs = cost.evaluate(states, forces)
        batches.append(Batch(states, forces, noise, costs))
        problem = Problem(policy, batches, cost, step_multiplier=multiplier, history=history[-2:])
        result = update("pilqr", problem)
        policy, multiplier = result.policy, result.step_multiplier
        history.append(result.samples)
        print(f"iteration {iteration + 1:2}: mean cost {costs.sum(axis=1).mean():.3f}")
    states, _ = roll_out(policy, np.zeros((T, 1)))
    return float(abs(states[-1, 0] - 1.0))


if __name__ == "__main__":
    print(f"ends {main():.3f} m from the goal")
