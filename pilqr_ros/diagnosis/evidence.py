"""What is known of the training of one condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.runs.atomic import read_arrays
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

RECENT = 3
"""Iterations that stand for the present state of a training."""

LEARNED = 0.9
"""Share of successes among the recent rollouts from which a condition counts as learned."""


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
        """Whether the condition is learned."""
        return self.success_rate >= LEARNED

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
    )


def _network_error(
    store: RunStore, iteration: int, condition: int, rollouts: Sequence[Rollout]
) -> float | None:
    """Compare the network with the local policy that it was fitted to, where rollouts were."""
    network = store.network(iteration)
    if network is None or not rollouts:
        return None
    teacher, _ = store.policy(iteration, condition)
    policy = NeuralPolicy(network, store.task.observation(condition))
    still = np.zeros(teacher.dU)
    missed = [
        (policy.act(t, x, still) - teacher.act(t, x, still)) / teacher.noise_std
        for rollout in rollouts
        for t, x in enumerate(rollout.states)
    ]
    return float(np.sqrt(np.mean(np.square(missed))))
