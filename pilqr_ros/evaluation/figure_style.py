"""How figures look: colours that colour-blind people tell apart, and no frame that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl

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


@contextmanager
def figure_style() -> Iterator[None]:
    """Let figures that are made within it look alike."""
    own = {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": mpl.cycler(color=COLORS),
        "axes.titlesize": 10,
        "axes.labelsize": 9,
        "legend.fontsize": 8,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
    }
    with mpl.rc_context(own):
        yield


def line_look(index: int) -> dict[str, str]:
    """Return colour and line style of the n-th of many lines, no two alike for long."""
    return {
        "color": COLORS[index % len(COLORS)],
        "linestyle": LINES[index // len(COLORS) % len(LINES)],
    }
