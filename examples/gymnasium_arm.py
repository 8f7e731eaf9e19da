"""PILQR on environments of Gymnasium: Reacher-v5 and Pusher-v5, from one start each.

The cost is a linear map of the observation put through the losses of the paper, and the torques'
squares. ``pip install 'gymnasium[mujoco]'``, then ``python examples/gymnasium_arm.py Reacher-v5``.
"""

import sys

import gymnasium
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

STEPS = {"Reacher-v5": 50, "Pusher-v5": 100}


def distance_to_goal(name: str, dX: int) -> np.ndarray:
    """Return the map from an observation to what shall be zero, ``(dz, dX)``."""
    one = np.eye(dX)
    if name == "Reacher-v5":
        return one[8:10]  # from fingertip to target
    return one[17:20] - one[20:23]  # from object to goal


def cost_of(name: str, dX: int, dU: int) -> TrajectoryCost:
    """Return the cost: near the goal, the pusher's tip near the object, small torques."""
    T, every = STEPS[name], np.ones(STEPS[name])
    goal = distance_to_goal(name, dX)
    terms = [LossTerm("goal", goal, np.zeros(len(goal)), alpha=10.0, beta=1.0, weight=every)]
    if name == "Pusher-v5":
        near = np.eye(dX)[14:17] - np.eye(dX)[17:20]
        terms.append(LossTerm("near", near, np.zeros(3), alpha=0.0, beta=0.5, weight=every))
    else:  # arrive, and stay
        still = np.eye(dX)[6:8]
        ramp = np.linspace(0.0, 1.0, T) ** 2
        terms.append(LossTerm("still", still, np.zeros(2), alpha=0.01, beta=0.0, weight=ramp))
    return TrajectoryCost(tuple(terms), torque_weights=np.full(dU, 0.01))


def roll_out(
    environment: gymnasium.Env, policy: TVLGPolicy, noise: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the states ``(T, dX)`` and the actions that were applied ``(T, dU)``."""
    space = environment.action_space
    x, _ = environment.reset(seed=seed)
    states, actions = [], []
    for t in range(policy.T):
        u = np.clip(policy.act(t, x, noise[t]), space.low, space.high)
        states.append(x)
        actions.append(u)
        x, *_ = environment.step(u)
    return np.array(states), np.array(actions)


def main(
    name: str = "Reacher-v5", iterations: int = 25, rollouts: int = 10, seed: int = 0
) -> float:
    """Train, and return how far from the goal the last policy ends [m]."""
    environment, rng = gymnasium.make(name).unwrapped, np.random.default_rng(seed)
    dX, dU, T = (
        environment.observation_space.shape[0],
        environment.action_space.shape[0],
        STEPS[name],
    )
    cost = cost_of(name, dX, dU)
    noise_std = 0.2 * environment.action_space.high[0] * np.eye(dU)
    policy = TVLGPolicy(np.zeros((T, dU, dX)), np.zeros((T, dU)), np.tile(noise_std, (T, 1, 1)))
    multiplier, batches, history = np.ones(T), [], []
    for iteration in range(iterations):
        noise = np.stack([draw_noise(T, dU, rng, smoothing=2.0) for _ in range(rollouts)])
        noise[-1] = 0.0  # tells what the noise of the others costs
        executed = [roll_out(environment, policy, xi, seed) for xi in noise]
        states, actions = map(np.stack, zip(*executed, strict=True))
        costs = cost.evaluate(states, actions)
        batches.append(Batch(states, actions, noise, costs))
        problem = Problem(policy, batches, cost, step_multiplier=multiplier, history=history[-2:])
        result = update("pilqr", problem)
        policy, multiplier = result.policy, result.step_multiplier
        history.append(result.samples)
        print(f"iteration {iteration + 1:2}: mean cost {costs.sum(axis=1).mean():.3f}")
    states, _ = roll_out(environment, policy, np.zeros((T, dU)), seed)
    return float(np.linalg.norm(distance_to_goal(name, dX) @ states[-1]))


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "Reacher-v5"
    print(f"ends {main(chosen, *map(int, sys.argv[2:])):.4f} m from the goal")
