"""What is known of the training of one condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pilqr_ros.diagnosis.model_error import model_error
from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.plain_text import printable
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.runs.atomic import read_arrays
from pilqr_ros.runs.rollout_files import load_rollout, unused_rollouts
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.convergence import ENOUGH, IMPROVING, SETTLED
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

RECENT = SETTLED
"""Iterations that stand for the present state of a training: those of the stop rule."""
FALLING = 0.1
"""Share by which the cost falls over the recent iterations where a run still improves."""


@dataclass(frozen=True)
class Evidence:
    """The finished iterations of one condition.

    Attributes:
        task: The task.
        condition: Index of the condition.
        reports: The report of each iteration, oldest first; at least one.
        first: The policy of the first iteration.
        last: The policy of the last one.
        rollouts: The valid rollouts of the last iteration.
        costs: What each of them cost.
        updates: The arrays of the recent updates, oldest first.
        network_error: How far the network's action is from the local policy's, in standard
            deviations of its noise: root mean square over the last rollouts; None without one.
        model_error: The share of the next state that the last model misses by block, see
            `diagnosis.model_error`, ``(T-1, blocks)``; None where it cannot be told.
        discard_reasons: How many rollouts of the recent iterations were discarded for each reason.
    """

    task: Task
    condition: int
    reports: Sequence[Mapping[str, Any]]
    first: TVLGPolicy
    last: TVLGPolicy
    rollouts: Sequence[Rollout]
    costs: Sequence[CostReport]
    updates: Sequence[Mapping[str, Array]]
    network_error: float | None = None
    model_error: Array | None = None
    discard_reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the condition."""
        return self.task.conditions[self.condition].name

    @property
    def recent(self) -> Sequence[Mapping[str, Any]]:
        """The reports of the recent iterations."""
        return self.reports[-RECENT:]

    @property
    def success_rate(self) -> float:
        """Share of successes among the recent rollouts."""
        return float(np.mean([flag for report in self.recent for flag in report["successes"]]))

    @property
    def learned(self) -> bool:
        """Whether the condition is learned, by the share of successes that the stop rule asks."""
        return self.success_rate >= ENOUGH

    @property
    def standing(self) -> str:
        """Where the stop rule said that the training stands: improving, converged or stalled."""
        told = self.reports[-1].get("standing") or IMPROVING._asdict()  # early runs have none
        return str(told["status"])

    @property
    def improving(self) -> bool:
        """Whether the cost still falls, or too few iterations tell whether it does.

        What the stop rule calls stalled does not: it looks at more iterations, and at the noise.
        """
        falling = self.recent_fall is None or self.recent_fall > FALLING
        return falling and self.standing == "improving"

    @property
    def recent_fall(self) -> float | None:
        """Share by which the mean cost fell in the recent iterations, against as many before.

        None if there are too few iterations to tell.
        """
        costs = self.mean_costs()
        if costs.size < 2 * RECENT:
            return None
        return float(1.0 - costs[-RECENT:].mean() / costs[-2 * RECENT : -RECENT].mean())

    @property
    def states(self) -> Array:
        """States of the last rollouts, ``(N, T, dX)``."""
        return np.stack([rollout.states for rollout in self.rollouts])

    def mean_costs(self) -> Array:
        """Mean cost of each iteration's rollouts."""
        return np.array([np.mean(report["total_costs"]) for report in self.reports])

    def recorded(self, name: str) -> Array:
        """Return an array of the recent updates, ``(updates, T)``; empty where there is none."""
        found = [update[name] for update in self.updates if name in update]
        return np.array(found) if found else np.zeros((0, self.task.T))

    def noise_ratios(self) -> Array:
        """Standard deviation of each joint's noise, the last policy's to the first's, ``(dU,)``."""
        return self.last.noise_std / self.first.noise_std


def gather(store: RunStore, condition: int) -> Evidence | None:
    """Return what a run knows of a condition; None before its first iteration has ended.

    Raises:
        RunError: A file is damaged.
    """
    done = store.iterations_finished
    reports = [report for report in store.reports() if report["condition"] == condition][:done]
    if not reports:
        return None
    newest = done - 1
    rollouts: list[Rollout] = []
    costs: list[CostReport] = []
    for sample in range(store.config.rollouts):
        rollout = store.rollout(newest, condition, sample)
        cost = store.cost(newest, condition, sample)
        if rollout is not None and cost is not None and rollout.valid:
            rollouts.append(rollout)
            costs.append(cost)
    recent = range(max(0, done - RECENT), done)
    paths = [store.condition_directory(i, condition) / "update.npz" for i in recent]
    return Evidence(
        task=store.task,
        condition=condition,
        reports=reports,
        first=store.policy(0, condition)[0],
        last=store.policy(newest, condition)[0],
        rollouts=rollouts,
        costs=costs,
        updates=[read_arrays(path) for path in paths if path.exists()],
        network_error=_network_error(store, done, condition, rollouts),
        model_error=model_error(store, newest, condition),
        discard_reasons=_discard_reasons(store, recent, condition),
    )


def _network_error(
    store: RunStore, iteration: int, condition: int, rollouts: Sequence[Rollout]
) -> float | None:
    """Compare the network with the local policy that it was fitted to, where rollouts were."""
    missed = network_miss(store, iteration, condition, rollouts)
    return None if missed is None else float(np.sqrt(np.mean(np.square(missed))))


def network_miss(
    store: RunStore, iteration: int, condition: int, rollouts: Sequence[Rollout]
) -> Array | None:
    """Return how far the network's action is from the local policy's where rollouts were.

    Returns:
        In standard deviations of the local policy's noise, ``(N, T, dU)``; None without a network.
    """
    network = store.network(iteration)
    if network is None or not rollouts:
        return None
    teacher, _ = store.policy(iteration, condition)
    policy = NeuralPolicy(network, store.task.observation(condition))
    still = np.zeros(teacher.dU)
    missed = [
        [policy.act(t, x, still) - teacher.act(t, x, still) for t, x in enumerate(rollout.states)]
        for rollout in rollouts
    ]
    return np.array(missed) / teacher.noise_std


def _discard_reasons(store: RunStore, iterations: Iterable[int], condition: int) -> Counter[str]:
    """Count the reasons why rollouts of some iterations were not learned from."""
    folders = (store.condition_directory(iteration, condition) for iteration in iterations)
    paths = (path for folder in folders for path in unused_rollouts(folder))
    return Counter(printable(load_rollout(path).reason) for path in paths)
