"""What the updates did at each time step of each iteration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pilqr_ros.evaluation.figure_style import SEQUENCE, figure_style
from pilqr_ros.report.picture import Picture
from pilqr_ros.runs.atomic import read_arrays
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.typing import Array


class _Panel(NamedTuple):
    """One quantity of an update, per time step: its title, and the range of its colours."""

    entry: str
    title: str
    low: float | None = None
    high: float | None = None


_PANELS = (
    _Panel("residual_ratio", "share of the cost that the model misses", 0.0, 1.0),
    _Panel("kl_got", "KL step of LQR-FLM [nat]", 0.0),
    _Panel("effective_samples", "samples that share PI2's weight", 1.0),
    _Panel("covariance_ratio", "noise variance, new to old", 0.0, 2.0),
)


def update_picture(store: RunStore, condition: int) -> Picture | None:
    """Return a map of each quantity over time steps and iterations; None without an update."""
    updates = _updates(store, condition)
    panels = [panel for panel in _PANELS if any(panel.entry in one for one in updates)]
    if not panels:
        return None
    with figure_style():
        figure = Figure(figsize=(10, 3.0 * (1 + (len(panels) - 1) // 2)), layout="constrained")
        axes = figure.subplots(-(-len(panels) // 2), 2, squeeze=False).ravel()
        for axis, panel in zip(axes, panels, strict=False):
            _draw(axis, panel, _stacked(updates, panel.entry, store.task.T))
        for axis in axes[len(panels) :]:
            axis.set_axis_off()
    return Picture(
        f"updates_{condition}",
        f"The updates ({store.task.conditions[condition].name})",
        "Each row is an iteration, each column a time step. Where the model misses the whole cost "
        "(yellow) PI2 works without it; where one sample has all of PI2's weight (dark) its step "
        "is too large for so few samples.",
        figure,
    )


def _updates(store: RunStore, condition: int) -> list[Mapping[str, Array]]:
    finished = range(store.iterations_finished)
    paths = [store.condition_directory(i, condition) / "update.npz" for i in finished]
    return [read_arrays(path) if path.exists() else {} for path in paths]


def _stacked(updates: Sequence[Mapping[str, Array]], entry: str, T: int) -> Array:
    """Return an entry of all updates, ``(iterations, T)``; nan where one has none."""
    return np.stack([update.get(entry, np.full(T, np.nan)) for update in updates])


def _draw(axis: Axes, panel: _Panel, values: Array) -> None:
    image = axis.imshow(
        values,
        aspect="auto",
        interpolation="nearest",
        cmap=SEQUENCE,
        vmin=panel.low,
        vmax=panel.high,
        extent=(-0.5, values.shape[1] - 0.5, len(values) + 0.5, 0.5),
    )
    axis.set(xlabel="time step", ylabel="iteration", title=panel.title)
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    extend = "neither" if panel.high is None else "max"
    axis.figure.colorbar(image, ax=axis, extend=extend)
