"""The paper's learning curves (Figures 3 to 6, 8, 10): methods by seeds, with every seed drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pilqr_ros.evaluation.figure_style import figure_style, line_look
from pilqr_ros.experiments.comparison import ComparedRun
from pilqr_ros.plain_text import in_figure
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import open_run
from pilqr_ros.trajopt.typing import Array

METRICS = {
    "distances": "mean distance",
    "total_costs": "mean cost",
    "successes": "successful rollouts",
}

Curve = tuple[Array, Array]
"""Rollouts so far, and a metric there."""


def draw_comparison(jobs: Sequence[ComparedRun], metric: str, path: Path) -> Path:
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
    stores = [open_run(job.directory) for job in jobs]
    task, conditions = stores[0].task, stores[0].config.conditions
    reports = [store.reports() for store in stores]
    with _picture(path, len(conditions)) as panels:
        for axis, condition in zip(panels, conditions, strict=True):
            _draw_panel(axis, jobs, [_learning_curve(one, condition, metric) for one in reports])
            axis.set_title(in_figure(task.conditions[condition].name), fontsize=10)
        label = f"mean {task.distance_label}" if metric == "distances" else METRICS[metric]
        panels[0].set_ylabel(label)
    return path


def draw_tests(results: Mapping[ComparedRun, Mapping[str, Any]], test: str, path: Path) -> Path:
    """Draw how networks do in a test over the rollouts that they were trained on.

    Args:
        results: The results of runs that are done and had this test.
        test: The test's name.
        path: Where the PNG goes.
    """
    jobs = list(results)
    label = open_run(jobs[0].directory).task.distance_label
    points = [results[job]["tests"][test] for job in jobs]
    with _picture(path, 2) as panels:
        _draw_panel(panels[0], jobs, [_test_curve(one, "mean_distance") for one in points])
        _draw_panel(panels[1], jobs, [_test_curve(one, "successes") for one in points])
        panels[0].set_ylabel(f"mean {label}")
        panels[1].set_ylabel("successful rollouts")
        for axis in panels:
            title = f"{test}: {points[0][0]['rollouts']} rollouts a network"
            axis.set_title(in_figure(title), fontsize=10)
    return path


def _learning_curve(reports: Sequence[Mapping[str, Any]], condition: int, metric: str) -> Curve:
    """Return rollouts so far and the metric's mean, one entry an iteration."""
    own = [report for report in reports if report["condition"] == condition]
    rollouts = np.cumsum([float(report["rollouts"]) for report in own])
    return rollouts, np.array([float(np.mean(report[metric])) for report in own])


def _test_curve(points: Sequence[Mapping[str, Any]], figure: str) -> Curve:
    rollouts = np.array([float(point["training_rollouts"]) for point in points])
    values = np.array([float(point[figure]) for point in points])
    if figure == "successes":
        values /= np.array([point["rollouts"] for point in points])
    return rollouts, values


@contextmanager
def _picture(path: Path, count: int) -> Iterator[Sequence[Axes]]:
    """Yield the panels of a picture, which is saved when they are drawn."""
    with figure_style():
        figure = Figure(figsize=(4.2 * count, 3.4), layout="constrained")
        panels = figure.subplots(1, count, squeeze=False)[0]
        yield panels
        for axis in panels:
            axis.set_xlabel("rollouts")
        panels[0].legend(fontsize=8)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130)


def _draw_panel(axis: Axes, jobs: Sequence[ComparedRun], curves: Sequence[Curve]) -> None:
    """Draw one curve a job, and for each variant median and quartiles."""
    for index, variant in enumerate(dict.fromkeys(job.variant for job in jobs)):
        own = [
            curve
            for job, curve in zip(jobs, curves, strict=True)
            if job.variant == variant and curve[1].size > 0
        ]
        if not own:
            continue
        color = line_look(index)["color"]
        for rollouts, values in own:
            axis.plot(rollouts, values, color=color, linewidth=0.5, alpha=0.45)
        length = min(len(values) for _, values in own)
        stacked = np.stack([values[:length] for _, values in own])
        rollouts = own[0][0][:length]
        low, middle, high = np.percentile(stacked, [25, 50, 75], axis=0)
        label = in_figure(f"{variant} ({len(own)})")
        axis.plot(rollouts, middle, color=color, linewidth=2, label=label)
        axis.fill_between(rollouts, low, high, color=color, alpha=0.15, linewidth=0)
