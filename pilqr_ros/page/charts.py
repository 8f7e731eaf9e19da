"""Line charts on a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    import viser

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe's and Ito's colours, distinguishable with any colour vision."""

BAND_OPACITY = "33"
"""Of what lies between a line's bounds, as the last two digits of a colour."""

MAX_POINTS = 400
"""A line is drawn through no more points than this."""

HEIGHT = 190
"""Height of a chart [pixels]."""

LARGE_RANGE = 30.0
"""From this ratio of the largest value to the smallest on, the axis is logarithmic."""


class Line(NamedTuple):
    """A line of a chart.

    Attributes:
        name: What it is.
        y: Its values, ``(n,)``; nan where there is none.
        low: Lower bound of the band about it, ``(n,)``; None for no band.
        high: Upper bound.
    """

    name: str
    y: Array
    low: Array | None = None
    high: Array | None = None


class Chart:
    """A chart whose lines can be drawn again; hidden while it has none."""

    def __init__(self, gui: viser.GuiApi, title: str, x_label: str) -> None:
        """Keep a place for the chart in the controls, in the present folder or tab."""
        self._gui, self._title, self._x_label = gui, title, x_label
        self._shape: object = None
        self._place = gui.add_folder(title, visible=False)
        self._plot: Any = None

    def draw(self, x: Array, lines: Sequence[Line]) -> None:
        """Draw lines over common points ``(n,)``, instead of those that were there."""
        kept = thinned(len(x))
        columns = [_finite(column)[kept] for column in (x, *_columns(lines))]
        self._place.visible = bool(lines) and len(kept) > 0
        if not self._place.visible:
            return
        logarithmic = _is_wide(columns[1:])
        shape = (tuple((line.name, line.low is None) for line in lines), logarithmic)
        if shape == self._shape:
            self._plot.data = tuple(columns)
            return
        if self._plot is not None:
            self._plot.remove()
        with self._place:
            self._plot = self._gui.add_uplot(
                data=tuple(columns),
                series=_series(self._x_label, lines),
                bands=_bands(lines),
                scales={"x": {"time": False}, "y": {"distr": 3 if logarithmic else 1}},
                axes=({"size": 34}, {"size": 58}),
                legend={"show": True},
                height=HEIGHT,
                padding=(8, 12, 0, 0),
            )
        self._shape = shape


def thinned(count: int) -> Array:
    """Return at most `MAX_POINTS` indices of so many, evenly spaced, with the last one."""
    return np.unique(np.linspace(0, count - 1, min(count, MAX_POINTS)).round().astype(int))


def _columns(lines: Sequence[Line]) -> list[Array]:
    """Return each line's values, those of a band before it."""
    found: list[Array] = []
    for line in lines:
        if line.low is not None and line.high is not None:
            found += [line.high, line.low]
        found.append(line.y)
    return found


def _series(x_label: str, lines: Sequence[Line]) -> tuple[Any, ...]:
    """Return how each column is drawn."""
    found: list[dict[str, Any]] = [{"label": x_label}]
    for i, line in enumerate(lines):
        color = COLORS[i % len(COLORS)]
        if line.low is not None:
            edge = {"stroke": f"{color}{BAND_OPACITY}", "width": 1, "points": {"show": False}}
            found += [{"label": f"{line.name} {end}", **edge} for end in ("highest", "lowest")]
        few = {"show": len(line.y) == 1, "size": 7}
        found.append({"label": line.name, "stroke": color, "width": 2, "points": few})
    return tuple(found)


def _bands(lines: Sequence[Line]) -> tuple[Any, ...]:
    """Return what is filled: between the two columns before a line that has bounds."""
    found, column = [], 1
    for i, line in enumerate(lines):
        if line.low is not None:
            color = f"{COLORS[i % len(COLORS)]}{BAND_OPACITY}"
            found.append({"series": (column, column + 1), "fill": color})
            column += 2
        column += 1
    return tuple(found)


def _finite(values: Array) -> Array:
    """Return values with nan, which leaves a gap, where there is no finite one."""
    values = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(values), values, math.nan)


def _is_wide(columns: Sequence[Array]) -> bool:
    """Tell whether values are all positive and of several orders of magnitude."""
    values = np.concatenate(columns)
    values = values[np.isfinite(values)]
    return bool(
        values.size > 0 and values.min() > 0.0 and values.max() > LARGE_RANGE * values.min()
    )
