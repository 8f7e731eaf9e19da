"""The curves of learning: over iterations, and of one update over the time steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pilqr_ros.page.charts import Chart, Line
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    import viser


class CurvePoint(NamedTuple):
    """What an iteration's rollouts in one condition came to.

    Attributes:
        iteration: Counted from 0.
        condition: Index of the condition.
        rollouts: How many there were.
        cost: Lowest, median and highest cost.
        distance: Lowest, median and highest distance to success.
        success: Share of them that succeeded, in [0, 1].
    """

    iteration: int
    condition: int
    rollouts: int
    cost: Array
    distance: Array
    success: float

    @classmethod
    def from_numbers(
        cls,
        place: tuple[int, int],
        costs: Sequence[float],
        distances: Sequence[float],
        success: float,
    ) -> CurvePoint:
        """Return the point of an iteration and condition from each rollout's numbers."""
        return cls(*place, len(costs), _spread(costs), _spread(distances), success)

    @classmethod
    def from_report(cls, report: Mapping[str, Any]) -> CurvePoint:
        """Return the point of a report that a run has on disk."""
        return cls.from_numbers(
            (report["iteration"], report["condition"]),
            report["total_costs"],
            report["distances"],
            float(np.mean(report["successes"])),
        )


def _spread(values: Sequence[float]) -> Array:
    return np.quantile(np.asarray(values, dtype=np.float64), [0.0, 0.5, 1.0])


class LearningCurves:
    """Cost, distance and success of each condition over the rollouts."""

    def __init__(self, gui: viser.GuiApi, names: Sequence[str], distance: str) -> None:
        """Make room for the charts.

        Args:
            gui: The page's controls.
            names: Name of each condition of the task.
            distance: What the distance to success is, with its unit.
        """
        self._names = names
        x = "rollouts"
        self._cost = Chart(gui, "cost: median and range", x)
        self._success = Chart(gui, "successful rollouts [%]", x)
        self._distance = Chart(gui, f"{distance}: median and range", x)

    def draw(self, points: Iterable[CurvePoint]) -> None:
        """Draw the curves of some iterations."""
        by_condition: dict[int, list[CurvePoint]] = {}
        for point in sorted(points, key=lambda one: one.iteration):
            by_condition.setdefault(point.condition, []).append(point)
        x = _rollouts(by_condition)
        lines: dict[Chart, list[Line]] = {self._cost: [], self._success: [], self._distance: []}
        for condition, found in sorted(by_condition.items()):
            name, at = self._names[condition], [point.iteration for point in found]
            cost = _placed([point.cost for point in found], at, len(x))
            distance = _placed([point.distance for point in found], at, len(x))
            success = _placed([np.full(3, 100.0 * point.success) for point in found], at, len(x))
            lines[self._cost].append(Line(name, cost[:, 1], cost[:, 0], cost[:, 2]))
            lines[self._distance].append(Line(name, distance[:, 1], distance[:, 0], distance[:, 2]))
            lines[self._success].append(Line(name, success[:, 1]))
        for chart, drawn in lines.items():
            chart.draw(x, drawn)


def _rollouts(by_condition: Mapping[int, Sequence[CurvePoint]]) -> Array:
    """Return how many rollouts of a condition there were by the end of each iteration, ``(n,)``."""
    if not by_condition:
        return np.zeros(0)
    last = max(point.iteration for found in by_condition.values() for point in found)
    counts = np.zeros(last + 1)
    for found in by_condition.values():
        for point in found:
            counts[point.iteration] = max(counts[point.iteration], point.rollouts)
    return np.cumsum(counts)


def _placed(rows: Sequence[Array], at: Sequence[int], count: int) -> Array:
    """Return rows ``(n, 3)`` at the places of their iterations, nan elsewhere, ``(count, 3)``."""
    placed = np.full((count, 3), np.nan)
    placed[list(at)] = rows
    return placed


UPDATE_CHARTS: Mapping[str, Mapping[str, str]] = {
    "KL step of LQR-FLM": {
        "kl_wanted": "bound",
        "kl_got": "by the model",
        "kl_sampled": "over the samples",
    },
    "KL step of PI2's weights": {"pi2_kl_got": "reached"},
    "temperature of PI2": {"temperature": "temperature"},
    "effective samples of PI2": {"effective_samples": "samples"},
    "residual ratio: cost that the model misses": {"residual_ratio": "ratio"},
    "KL step multiplier": {"step_multiplier": "multiplier"},
}
"""Charts of an update over the time steps, each with the fields of its record that it shows."""

NOISE = "noise of each joint (standard deviation)"


class UpdateCharts:
    """One update and its policy over the time steps."""

    def __init__(self, gui: viser.GuiApi, joints: Sequence[str]) -> None:
        """Make room for the charts; those that have nothing to show are hidden."""
        self._joints = joints
        self._charts = {title: Chart(gui, title, "time step") for title in UPDATE_CHARTS}
        self._noise = Chart(gui, NOISE, "time step")

    def draw(self, record: Mapping[str, Any], policy: TVLGPolicy | None) -> None:
        """Draw an update.

        Args:
            record: Arrays over the time steps, ``(T,)``, by their names in an `UpdateRecord`;
                others are left alone.
            policy: The policy whose noise is shown.
        """
        for title, chart in self._charts.items():
            names = UPDATE_CHARTS[title]
            found = {names[key]: np.asarray(record[key]) for key in names if key in record}
            lines = [Line(name, values) for name, values in found.items() if values.ndim == 1]
            lines = [line for line in lines if len(line.y) > 0]
            chart.draw(_steps(len(lines[0].y) if lines else 0), lines)
        self._draw_noise(policy)

    def _draw_noise(self, policy: TVLGPolicy | None) -> None:
        if policy is None:
            self._noise.draw(np.zeros(0), [])
            return
        deviations = np.sqrt(np.sum(policy.L**2, axis=2))
        lines = [Line(name, deviations[:, i]) for i, name in enumerate(self._joints)]
        self._noise.draw(_steps(len(deviations)), lines)


def _steps(count: int) -> Array:
    """Return the numbers of so many time steps."""
    return np.arange(count, dtype=np.float64)
