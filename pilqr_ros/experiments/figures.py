"""The paper's learning curves (Figures 3 to 6, 8, 10): methods by seeds, with every seed drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pilqr_ros.evaluation.figure_style import figure_style, line_look
from pilqr_ros.experiments.learning_table import LearningTable, Measured
from pilqr_ros.experiments.statistics import profile
from pilqr_ros.plain_text import in_figure
from pilqr_ros.trajopt.typing import Array

METRICS = {
    "distance": "mean distance",
    "cost": "mean cost",
    "success_rate": "successful rollouts",
}
"""What is drawn of a row, and its label."""


def draw_comparison(table: LearningTable, metric: str, path: Path) -> Path:
    """Draw a metric over rollouts, a panel a condition, a colour a method, a thin line a seed.

    Args:
        table: What was measured.
        metric: A key of `METRICS`: what is averaged over an iteration's rollouts.
        path: Where the PNG goes.
    """
    training = table.of("training")
    with _picture(path, len(training.places), "rollouts") as panels:
        for axis, place in zip(panels, training.places, strict=True):
            _draw_panel(axis, training, place, metric)
            axis.set_title(in_figure(place), fontsize=10)
        panels[0].set_ylabel(_label(table, metric))
    return path


def draw_tests(table: LearningTable, test: str, path: Path, *, logarithmic: bool = False) -> Path:
    """Draw how networks do in a test over the rollouts that they were trained on.

    Args:
        table: What was measured.
        test: The test's name.
        path: Where the PNG goes.
        logarithmic: Whether rollouts are on a logarithmic scale, as the paper has them.
    """
    tried = table.of("test")
    judged = next(row.judged for row in tried.rows if row.place == test)
    with _picture(path, 2, "rollouts") as panels:
        for axis, metric in zip(panels, ("distance", "success_rate"), strict=True):
            _draw_panel(axis, tried, test, metric)
            axis.set_ylabel(_label(table, metric))
            axis.set_title(in_figure(f"{test}: {judged} rollouts a network"), fontsize=10)
            if logarithmic:
                axis.set_xscale("symlog")
    return path


def draw_profile(table: LearningTable, path: Path) -> Path:
    """Draw which share of the seeds ends within each distance, without noise, a panel a condition.

    Args:
        table: What was measured; without a last policy nothing is drawn.
        path: Where the PNG goes.
    """
    final = table.of("final")
    with _picture(path, len(final.places), table.distance_label) as panels:
        for axis, place in zip(panels, final.places, strict=True):
            for index, variant in enumerate(final.variants):
                ends = [rows[-1].distance for rows in final.curves(variant, place).values()]
                marks = np.concatenate([[0.0], np.sort(ends)])
                axis.step(
                    marks, profile(ends, marks), where="post", color=line_look(index)["color"],
                    label=in_figure(f"{variant} ({len(ends)})"),
                )  # fmt: skip
            axis.set_title(in_figure(place), fontsize=10)
            axis.set_ylim(0.0, 1.02)
        panels[0].set_ylabel("seeds within it")
    return path


def _label(table: LearningTable, metric: str) -> str:
    return f"mean {table.distance_label}" if metric == "distance" else METRICS[metric]


@contextmanager
def _picture(path: Path, count: int, across: str) -> Iterator[Sequence[Axes]]:
    """Yield the panels of a picture, which is saved when they are drawn."""
    with figure_style():
        figure = Figure(figsize=(4.2 * count, 3.4), layout="constrained")
        panels = figure.subplots(1, count, squeeze=False)[0]
        yield panels
        for axis in panels:
            axis.set_xlabel(across)
        panels[0].legend(fontsize=8)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130)


def _draw_panel(axis: Axes, table: LearningTable, place: str, metric: str) -> None:
    """Draw one curve a seed, and for each variant median and quartiles."""
    for index, variant in enumerate(table.variants):
        curves = list(table.curves(variant, place).values())
        if not curves:
            continue
        color = line_look(index)["color"]
        for rows in curves:
            axis.plot(*_curve(rows, metric), color=color, linewidth=0.5, alpha=0.45)
        length = min(map(len, curves))
        marker = "." if length == 1 else None  # a line of one point is not to be seen
        stacked = np.stack([_curve(rows, metric)[1][:length] for rows in curves])
        rollouts = _curve(curves[0], metric)[0][:length]
        low, middle, high = np.percentile(stacked, [25, 50, 75], axis=0)
        label = in_figure(f"{variant} ({len(curves)})")
        axis.plot(rollouts, middle, color=color, linewidth=2, marker=marker, label=label)
        axis.fill_between(rollouts, low, high, color=color, alpha=0.15, linewidth=0)


def _curve(rows: Sequence[Measured], metric: str) -> tuple[Array, Array]:
    """Return rollouts so far, and a metric there."""
    rollouts = np.array([row.trained_on for row in rows], dtype=np.float64)
    return rollouts, np.array([getattr(row, metric) for row in rows], dtype=np.float64)
