"""How figures look: colours that colour-blind people tell apart, and no frame that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLORS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#000000",
    "#F0E442",
)
"""The palette of Okabe and Ito; yellow comes last, since it is faint on white."""

LINES = ("-", "--", ":", "-.")
"""Line styles, which tell apart what shares a colour."""

SEQUENCE = "viridis"
"""Colour map of what has an order, such as iterations."""


COLUMNS = 6
"""Names beside one another in a legend that stands below a figure."""


@contextmanager
def figure_style() -> Iterator[None]:
    """Let figures that are made within it look alike."""
    own: dict[Any, Any] = {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=COLORS),
        "axes.titlesize": 10,
        "axes.labelsize": 9,
        "legend.fontsize": 8,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
    }
    with mpl.rc_context(own):
        yield


def line_look(index: int) -> dict[str, Any]:
    """Return colour and line style of the n-th of many lines, no two alike for long."""
    return {
        "color": COLORS[index % len(COLORS)],
        "linestyle": LINES[index // len(COLORS) % len(LINES)],
    }


def legend_below(figure: Figure, axis: Axes) -> None:
    """Name the lines of an axis below the figure, where no line can lie; a single one needs none.

    Args:
        figure: One whose layout is constrained.
        axis: Of whose lines the labels are.
    """
    handles, names = axis.get_legend_handles_labels()
    if len(names) > 1:
        columns = min(COLUMNS, len(names))
        figure.legend(handles, names, loc="outside lower center", ncols=columns)
