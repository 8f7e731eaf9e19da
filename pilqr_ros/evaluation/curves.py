"""The learning curve of a run as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pilqr_ros.evaluation.figure_style import COLUMNS, figure_style, legend_below, line_look
from pilqr_ros.plain_text import in_figure
from pilqr_ros.runs.errors import UntrainedError
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.typing import Array


def plot_learning_curve(store: RunStore, path: Path | None = None) -> Path:
    """Draw cost, distance and success rate over rollouts; return the picture's path.

    Args:
        store: The run.
        path: Where the PNG goes; ``learning_curve.png`` in the run's folder by default.

    Raises:
        RunError: No iteration has finished.
    """
    path = path or store.directory / "learning_curve.png"
    learning_curve(store).savefig(path, dpi=130)
    return path


def learning_curve(store: RunStore) -> Figure:
    """Return cost, distance and success rate over rollouts (errors as `plot_learning_curve`)."""
    reports = store.reports()
    if not reports:
        raise UntrainedError(store.directory)
    with figure_style():
        height = 3.2 + 0.2 * ((len(store.config.conditions) - 1) // COLUMNS)
        figure = Figure(figsize=(10, height), layout="constrained")
        axes = figure.subplots(1, 3)
        for index, condition in enumerate(store.config.conditions):
            own = [report for report in reports if report["condition"] == condition]
            name = in_figure(store.task.conditions[condition].name)
            _draw_condition(axes, own, {"label": name, **line_look(index)})
        _label(axes, store)
        legend_below(figure, axes[0])
    return figure


def _draw_condition(
    axes: Sequence[Axes], reports: Sequence[dict[str, Any]], look: Mapping[str, Any]
) -> None:
    rollouts = np.cumsum([report["rollouts"] for report in reports])
    costs = [report["total_costs"] for report in reports]
    distances = [report["distances"] for report in reports]
    success = [100.0 * float(np.mean(report["successes"])) for report in reports]
    draw_spread(axes[0], rollouts, costs, look)
    draw_spread(axes[1], rollouts, distances, look)
    axes[2].plot(rollouts, success, marker=".", **look)


def draw_spread(
    axis: Axes, rollouts: Array, samples: Sequence[Sequence[float]], look: Mapping[str, Any]
) -> None:
    """Draw the median and the range of samples over rollouts.

    Args:
        axis: Where to draw.
        rollouts: Rollouts so far, one entry an iteration.
        samples: What each iteration's rollouts had.
        look: Label, colour and style of the line.
    """
    axis.plot(rollouts, [np.median(values) for values in samples], marker=".", **look)
    lows, highs = [np.min(values) for values in samples], [np.max(values) for values in samples]
    if len(rollouts) == 1:  # there is nothing to fill between
        axis.vlines(rollouts, lows, highs, alpha=0.4, color=look["color"])
    axis.fill_between(rollouts, lows, highs, alpha=0.2, color=look["color"], linewidth=0)


def _label(axes: Sequence[Axes], store: RunStore) -> None:
    titles = ("cost (median, range)", store.task.distance_label, "successful rollouts [%]")
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("rollouts")
    axes[2].set_ylim(-3, 103)
    config = store.config
    title = f"{config.task}, {config.method}, seed {config.seed}"
    axes[0].figure.suptitle(in_figure(title), fontsize=11)
