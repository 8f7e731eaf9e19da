"""Success of a global policy against where the goal is, over drawn conditions."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from pilqr_ros.evaluation.figure_style import figure_style
from pilqr_ros.evaluation.policy_card import wilson
from pilqr_ros.plain_text import in_figure
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.rollout_files import load_cost
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.typing import Array

BINS = 8


class GoalOutcomes(NamedTuple):
    """Where the goal was in each rollout, and whether the rollout succeeded.

    Attributes:
        label: Name of the coordinate.
        position: It in each rollout, ``(n,)``.
        success: 1 or 0 for each rollout, ``(n,)``.
        trained: The trained conditions' positions.
        unit: Unit of the coordinate; empty if no cost and no success is taken of it.
    """

    label: str
    position: Array
    success: Array
    trained: Array
    unit: str


def plot_success_curve(store: RunStore) -> Path:
    """Draw success over the observed target's coordinate that varies most; return the path.

    Raises:
        RunError: The run has no evaluation in drawn conditions, or no observed target.
    """
    found = drawn_outcomes(store)
    edges = np.linspace(found.position.min(), found.position.max() + 1e-9, BINS + 1)
    members = [found.success[np.digitize(found.position, edges) == i + 1] for i in range(BINS)]
    rates = np.array([values.mean() if values.size > 0 else np.nan for values in members])
    bounds = np.array([wilson(int(values.sum()), values.size) for values in members])
    with figure_style():
        figure = Figure(figsize=(6, 3.2), layout="constrained")
        axis = figure.subplots()
        axis.stairs(100 * rates, edges, label=f"{found.success.size} rollouts")
        middles = 0.5 * (edges[1:] + edges[:-1])
        axis.vlines(middles, 100 * bounds[:, 0], 100 * bounds[:, 1], alpha=0.4)
        axis.plot(found.position, 100 * found.success, "|", color="black", alpha=0.5)
        for position in found.trained:
            axis.axvline(position, linestyle=":", color="grey")
        label = in_figure(found.label)
        where = f"{label} [{found.unit}]" if found.unit else label
        axis.set(xlabel=f"{where}; dotted: trained", ylabel="success [%]", ylim=(-3, 103))
        axis.legend(fontsize=8)
        path = store.directory / "success_curve.png"
        figure.savefig(path, dpi=130)
    return path


def drawn_outcomes(store: RunStore) -> GoalOutcomes:
    """Return the outcomes of the newest evaluation of each drawn condition (errors as above)."""
    plan, task = store.task.global_plan, store.task
    if plan is None or not plan.targets:
        raise RunError(f"{store.directory}: the global policy observes no target")
    newest = _newest(store)
    if not newest:
        raise RunError(f"{store.directory} has no evaluation in drawn conditions")
    observed = {index: task.observation(index).constants for index in newest}
    entry = int(np.argmax(np.ptp(np.array(list(observed.values())), axis=0)))
    rows = [
        (observed[index][entry], load_cost(path).success)
        for index, paths in newest.items()
        for path in paths
    ]
    position, success = np.array(rows, dtype=np.float64).T
    trained = [task.observation(index).constants[entry] for index in store.config.conditions]
    label = plan.labels[plan.entries.size + entry]
    target, _, count = label.rpartition(".")
    unit = task.target_unit(target, int(count))
    return GoalOutcomes(label, position, success, np.array(trained), unit)


def _newest(store: RunStore) -> dict[int, list[Path]]:
    """Return the costs of the newest evaluation of each drawn condition."""
    drawn = [i for i, each in enumerate(store.task.conditions) if each.name != each.group]
    found: dict[int, list[Path]] = defaultdict(list)
    for index in drawn:
        places = store.directory.glob(f"evaluations/*/condition_{index}")
        latest = max(places, key=lambda place: place.stat().st_mtime, default=None)
        if latest is not None:
            found[index] = sorted(latest.glob("rollout_*.cost.npz"))
    return dict(found)
