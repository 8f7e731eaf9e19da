"""The learning curve of a run as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pilqr_ros.plain_text import in_figure
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import RunStore


def plot_learning_curve(store: RunStore, path: Path | None = None) -> Path:
    """Draw cost, distance and success rate over rollouts; return the picture's path.

    Args:
        store: The run.
        path: Where the PNG goes; ``learning_curve.png`` in the run's folder by default.

    Raises:
        RunError: No iteration has finished.
    """
    reports = store.reports()
    if not reports:
        raise RunError(f"{store.directory} has no finished iteration to plot")
    path = path or store.directory / "learning_curve.png"
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10, 3.2), layout="constrained")
        axes = figure.subplots(1, 3)
        for condition in store.config.conditions:
            name = store.task.conditions[condition].name
            _draw_condition(
                axes, in_figure(name), [r for r in reports if r["condition"] == condition]
            )
        _label(axes, store)
        figure.savefig(path, dpi=130)
    return path


def _draw_condition(axes: Sequence[Axes], name: str, reports: Sequence[dict[str, Any]]) -> None:
    rollouts = np.cumsum([report["rollouts"] for report in reports])
    costs = [report["total_costs"] for report in reports]
    distances = [report["distances"] for report in reports]
    success = [100.0 * float(np.mean(report["successes"])) for report in reports]
    _draw_spread(axes[0], rollouts, costs, name)
    _draw_spread(axes[1], rollouts, distances, name)
    axes[2].plot(rollouts, success, marker=".", label=name)


def _draw_spread(axis: Axes, rollouts: Any, samples: Sequence[Any], name: str) -> None:  # noqa: ANN401
    medians = [np.median(values) for values in samples]
    (line,) = axis.plot(rollouts, medians, marker=".", label=name)
    lows, highs = [np.min(v) for v in samples], [np.max(v) for v in samples]
    axis.fill_between(rollouts, lows, highs, alpha=0.2, color=line.get_color(), linewidth=0)


def _label(axes: Sequence[Axes], store: RunStore) -> None:
    titles = ("cost (median, range)", store.task.distance_label, "successful rollouts [%]")
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("rollouts")
    axes[2].set_ylim(-3, 103)
    if len(store.config.conditions) > 1:
        axes[0].legend(fontsize=8)
    config = store.config
    title = f"{config.task}, {config.method}, seed {config.seed}"
    axes[0].figure.suptitle(in_figure(title), fontsize=11)
