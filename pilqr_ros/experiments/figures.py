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
                least = min((row.trained_on for row in tried.rows if row.trained_on > 0), default=1)
                decade = 10.0 ** np.floor(np.log10(least))  # below it lie untrained networks only
                axis.set_xscale("symlog", linthresh=decade, linscale=0.5)
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
    """Draw one curve a seed, and for each variant median and quartiles.

    These are taken where all seeds have been; a seed without a point there is on the straight line
    between its neighbouring ones.
    """
    for index, variant in enumerate(table.variants):
        curves = list(table.curves(variant, place).values())
        if not curves:
            continue
        color = line_look(index)["color"]
        drawn = [_curve(rows, metric) for rows in curves]
        for across, values in drawn:
            axis.plot(across, values, color=color, linewidth=0.5, alpha=0.45)
        rollouts = _shared([across for across, _ in drawn])
        marker = "." if len(rollouts) == 1 else None  # a line of one point is not to be seen
        stacked = np.stack([np.interp(rollouts, *one) for one in drawn])
        low, middle, high = np.percentile(stacked, [25, 50, 75], axis=0)
        label = in_figure(f"{variant} ({len(curves)})")
        axis.plot(rollouts, middle, color=color, linewidth=2, marker=marker, label=label)
        axis.fill_between(rollouts, low, high, color=color, alpha=0.15, linewidth=0)


def _shared(curves: Sequence[Array]) -> Array:
    """Return the rollouts of all points of some curves that none of them ends before."""
    points = np.unique(np.concatenate(curves))
    first, last = max(one[0] for one in curves), min(one[-1] for one in curves)
    return points[(points >= first) & (points <= last)]


def _curve(rows: Sequence[Measured], metric: str) -> tuple[Array, Array]:
    """Return rollouts so far, and a metric there."""
    rollouts = np.array([row.trained_on for row in rows], dtype=np.float64)
    return rollouts, np.array([getattr(row, metric) for row in rows], dtype=np.float64)
