"""Where the model was wrong: the cost that it predicted, and the states that it misses."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pilqr_ros.diagnosis.model_error import model_error
from pilqr_ros.evaluation.figure_style import SEQUENCE, figure_style, legend_below, line_look
from pilqr_ros.plain_text import in_figure
from pilqr_ros.report.picture import Picture
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.sample_history import SampleRecord
from pilqr_ros.trajopt.typing import Array

MAX_SHOWN = 1.5
"""Largest share missed that is drawn: above 1 the model misleads, by how much says little."""


def model_picture(store: RunStore, condition: int) -> Picture | None:
    """Return predicted against real cost, and the states that the last model misses.

    None where a method has no model.
    """
    records = predictions(store, condition)
    if not records or store.config.local_method == "pi2":
        return None
    last = store.iterations_finished - 1
    error = model_error(store, last, condition)
    with figure_style():
        figure = Figure(figsize=(10, 3.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw_costs(left, records)
        _draw_error(right, error, store)
        legend_below(figure, right)
    return Picture(
        f"model_{condition}",
        f"The model ({store.task.conditions[condition].name})",
        "Left: the cost of each rollout as the model predicted it without having seen it, against "
        "what it was; on the line it was right. Iterations go from dark to bright. Right: the "
        f"share of each state's variance that the model of iteration {last + 1} misses from one "
        "time step to the next; 1 is as good as guessing the mean. Gaps are where a state stands "
        "still.",
        figure,
    )


def predictions(store: RunStore, condition: int) -> dict[int, SampleRecord]:
    """Return what the update of each finished iteration recorded of its samples, by iteration."""
    finished = range(store.iterations_finished)
    found = {i: store.sample_records(i + 1, condition, 1) for i in finished}
    return {iteration: records[-1] for iteration, records in found.items() if records}


def _draw_costs(axis: Axes, records: dict[int, SampleRecord]) -> None:
    """Draw real over predicted cost of whole rollouts, on logarithmic axes where all allow it."""
    colors = mpl.colormaps[SEQUENCE](np.linspace(0, 0.92, len(records)))
    real, predicted = [], []
    for record, color in zip(records.values(), colors, strict=True):
        total = record.total[:, 0]
        guess = total - record.residual[:, 0]
        axis.scatter(guess, total, s=12, color=color, alpha=0.7, rasterized=True)
        real.append(total)
        predicted.append(guess)
    everything = np.concatenate(real + predicted)
    if everything.min() > 0:
        axis.set(xscale="log", yscale="log")
    ends = np.array([np.concatenate(real).min(), np.concatenate(real).max()])
    axis.plot(ends, ends, color="black", linewidth=1)
    axis.set(xlabel="predicted cost", ylabel="real cost", title="cost of each rollout")


def _draw_error(axis: Axes, error: Array | None, store: RunStore) -> None:
    """Draw the share missed ``(T-1, blocks)`` over time."""
    axis.set(
        xlabel="time step",
        ylabel="share missed",
        title="what the next state will be",
        ylim=(0, MAX_SHOWN),
    )
    if error is None:
        return
    for index, (name, column) in enumerate(zip(store.task.layout.names, error.T, strict=True)):
        shown = np.minimum(column, MAX_SHOWN)
        axis.plot(shown, linewidth=1.2, label=in_figure(name), **line_look(index))
    axis.axhline(1.0, color="grey", linewidth=0.8)
