"""A figure that says what it shows."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

SHOWN = 6
"""Most iterations whose lines are drawn in one panel."""


@dataclass(frozen=True)
class Picture:
    """A figure and what it shows.

    Attributes:
        name: What its file is called.
        title: A few words.
        caption: How to read it.
        figure: The figure.
    """

    name: str
    title: str
    caption: str
    figure: Figure

    def save(self, folder: Path) -> Path:
        """Save the figure as a PNG in a folder and return its path."""
        path = folder / f"{self.name}.png"
        self.figure.savefig(path, dpi=130)
        return path

    def data_address(self) -> str:
        """Return the figure as an address that holds it: a vector graphic, text as outlines."""
        buffer = io.BytesIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        with rc_context({"svg.hashsalt": self.name}):
            self.figure.savefig(buffer, format="svg", metadata=nothing)
        return f"data:image/svg+xml;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def some_of(count: int) -> list[int]:
    """Return the first, the last and a few evenly between of so many iterations."""
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, SHOWN))})
