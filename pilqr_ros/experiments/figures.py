"""The paper's learning curves (Figures 3, 6, 8, 10): methods by seeds, with every seed drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pilqr_ros.experiments.comparison import Job
from pilqr_ros.learning.errors import RunError
from pilqr_ros.learning.run_store import open_run
from pilqr_ros.trajopt.typing import Array

METRICS = {
    "distances": "mean distance",
    "total_costs": "mean cost",
    "successes": "successful rollouts",
}


def draw_comparison(jobs: Sequence[Job], metric: str, path: Path) -> Path:
    """Draw a metric over rollouts, a panel a condition, a colour a method, a thin line a seed.

    Args:
        jobs: The runs; those that have not begun are left out.
        metric: A key of `METRICS`: what is averaged over an iteration's rollouts.
        path: Where the PNG goes.

    Raises:
        RunError: No run has begun.
    """
    jobs = [job for job in jobs if (job.directory / "run.json").exists()]
    if not jobs:
        raise RunError(f"no run has begun: there is nothing to draw in {path}")
    store = open_run(jobs[0].directory)
    task, conditions = store.task, store.config.conditions
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(4.2 * len(conditions), 3.4), layout="constrained")
        panels = figure.subplots(1, len(conditions), squeeze=False)[0]
        for axis, condition in zip(panels, conditions, strict=True):
            _draw_panel(axis, jobs, condition, metric)
            axis.set_title(task.conditions[condition].name, fontsize=10)
            axis.set_xlabel("rollouts")
        unit = f" [{task.distance_unit}]" if metric == "distances" else ""
        panels[0].set_ylabel(METRICS[metric] + unit)
        panels[0].legend(fontsize=8)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130)
    return path


def learning_curve(job: Job, condition: int, metric: str) -> tuple[Array, Array]:
    """Return rollouts so far and the metric's mean, one entry an iteration."""
    reports = [one for one in open_run(job.directory).reports() if one["condition"] == condition]
    rollouts = np.cumsum([float(report["rollouts"]) for report in reports])
    return rollouts, np.array([float(np.mean(report[metric])) for report in reports])


def _draw_panel(axis: Axes, jobs: Sequence[Job], condition: int, metric: str) -> None:
    for index, variant in enumerate(dict.fromkeys(job.variant for job in jobs)):
        curves = [learning_curve(job, condition, metric) for job in jobs if job.variant == variant]
        curves = [curve for curve in curves if curve[1].size > 0]
        if not curves:
            continue
        length = min(len(values) for _, values in curves)
        color = f"C{index}"
        for rollouts, values in curves:
            axis.plot(rollouts, values, color=color, linewidth=0.5, alpha=0.45)
        stacked = np.stack([values[:length] for _, values in curves])
        rollouts = curves[0][0][:length]
        low, middle, high = np.percentile(stacked, [25, 50, 75], axis=0)
        axis.plot(rollouts, middle, color=color, linewidth=2, label=f"{variant} ({len(curves)})")
        axis.fill_between(rollouts, low, high, color=color, alpha=0.15, linewidth=0)
