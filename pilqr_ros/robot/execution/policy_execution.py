"""What every execution of a policy shares, in this process and in the graph: checks, noise, runner.

A policy that no motor could follow is refused before its first step: what would be learned from it
are the torque limits, not the policy. One that is at its limits now and then is executed: learning
takes the torque that was applied.
"""

from __future__ import annotations

import numpy as np

from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.robot.execution.errors import PolicyError
from pilqr_ros.robot.execution.policy_runner import MAX_OVER_LIMIT, PolicyRunner
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.noise import draw_noise
from pilqr_ros.trajopt.policy import Policy
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


def exploration_noise(task: Task, seed: int, explore: bool) -> Array:
    """Return the unit noise of a rollout, ``(T, dU)``; zeros without exploration."""
    if not explore:
        return np.zeros((task.T, task.dU))
    return draw_noise(task.T, task.dU, np.random.default_rng(seed), task.noise_smoothing)


def build_runner(
    task: Task,
    policy: Policy,
    condition: int,
    seed: int,
    explore: bool,
    max_fraction_limited: float,
) -> PolicyRunner:
    """Return what executes a policy of a task once.

    Args:
        task: The task.
        policy: The policy.
        condition: Index of the condition.
        seed: Seed of the exploration noise.
        explore: Whether the policy's noise is on.
        max_fraction_limited: Largest share of steps in which the robot may be kept from bounds or
            speed.

    Raises:
        TaskError: There is no such condition.
        PolicyError: The policy cannot be executed.
    """
    task.check_condition(condition)
    check_policy(policy, task)
    return PolicyRunner(
        policy,
        exploration_noise(task, seed, explore),
        condition,
        seed,
        joints=task.joints,
        labels=task.layout.labels,
        period_ns=task.period_ns,
        max_fraction_limited=max_fraction_limited,
        torque_limits=task.torque_limits,
    )


def check_policy(policy: Policy, task: Task) -> None:
    """Check that a policy is one that the task's motors could follow.

    What a hidden layer of a network makes of a state is only known there: the runner looks at each
    torque, too, before it goes out.

    Raises:
        PolicyError: It has another size than the task, or an entry that is not finite, is more than
            a million times its joint's torque limit, or is a negative deviation.
    """
    for name in ("T", "dX", "dU"):
        found, wanted = getattr(policy, name), getattr(task, name)
        if found != wanted:
            raise PolicyError(f"policy.{name} is {found}, expected {wanted}")
    largest = MAX_OVER_LIMIT * task.torque_limits
    for name, (entries, lower, upper) in _bounded_entries(policy, largest).items():
        within = (lower <= entries) & (entries <= upper)
        if not within.all():
            at = tuple(np.argwhere(~within)[0].tolist())
            low, high = (np.broadcast_to(bound, entries.shape)[at] for bound in (lower, upper))
            where = ", ".join(map(str, at))
            raise PolicyError(
                f"policy.{name}[{where}] is {entries[at]:g}, expected {low:g} to {high:g}"
            )


def _bounded_entries(policy: Policy, largest: Array) -> dict[str, tuple[Array, Array, Array]]:
    """Return what a policy's torques are proportional to, by name, with its bounds.

    Args:
        policy: The policy.
        largest: The largest torque that is still a number one could mean [N m], ``(dU,)``.
    """
    rows = largest[:, None]
    deviations = np.where(np.eye(largest.size, dtype=bool), 0.0, -rows)
    if isinstance(policy, TVLGPolicy):
        return {
            "K": (policy.K, -rows, rows),
            "k": (policy.k, -largest, largest),
            "L": (policy.L, deviations, rows),
        }
    return {"L": (policy.network.L, deviations, rows)} if isinstance(policy, NeuralPolicy) else {}
