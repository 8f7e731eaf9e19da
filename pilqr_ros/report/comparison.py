"""Runs beside one another: their curves together, and a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from pilqr_ros.evaluation.curves import draw_spread
from pilqr_ros.evaluation.figure_style import figure_style, line_look
from pilqr_ros.evaluation.policy_card import wilson
from pilqr_ros.plain_text import in_figure
from pilqr_ros.report.picture import Picture
from pilqr_ros.runs.errors import RunError, UntrainedError
from pilqr_ros.runs.last_policy import LastPolicy, last_policy
from pilqr_ros.runs.run_store import RunStore

LEARNED = 0.9
"""Share of successes in an iteration from which a run counts as having learned."""


class ComparedRow(NamedTuple):
    """One run of a comparison.

    Attributes:
        run: Its directory.
        method: Its method.
        seed: Its seed.
        iterations: How many have finished.
        rollouts: How many it learned from.
        learned_after: Rollouts until an iteration had nine successes of ten; None for never.
        last: How its last policy does.
        interval: Wilson's 95 % interval of that success rate.
        seconds: Time for rollouts and updates [s].
    """

    run: Path
    method: str
    seed: int
    iterations: int
    rollouts: int
    learned_after: int | None
    last: LastPolicy
    interval: tuple[float, float]
    seconds: float


class Pooled(NamedTuple):
    """What an iteration's rollouts had, over all conditions."""

    costs: list[float]
    distances: list[float]
    successes: list[bool]


def compare_runs(stores: Sequence[RunStore]) -> list[ComparedRow]:
    """Return a row for each run.

    Raises:
        RunError: They are of different tasks, one comes twice, or one has no finished iteration.
    """
    check_comparable(stores)
    return [_row(store) for store in stores]


def check_comparable(stores: Sequence[RunStore]) -> None:
    """Check that runs can be drawn together (errors as `compare_runs`)."""
    measures = {(store.config.task, store.task.distance_label) for store in stores}
    if len(measures) > 1:
        told = ", ".join(sorted(f"{task} ({label})" for task, label in measures))
        raise RunError(f"runs of different tasks cannot be compared: {told}")
    for run, times in Counter(store.directory.resolve() for store in stores).items():
        if times > 1:
            raise RunError(f"{run} is named {times} times: there is nothing to compare it with")
    for store in stores:
        if not store.reports():
            raise UntrainedError(store.directory)


def comparison_figure(stores: Sequence[RunStore]) -> Picture:
    """Return the learning curves of runs in one figure (errors as `compare_runs`)."""
    check_comparable(stores)
    with figure_style():
        figure = Figure(figsize=(10, 3.4 + 0.16 * len(stores)), layout="constrained")
        axes = figure.subplots(1, 3)
        for index, store in enumerate(stores):
            rollouts, pooled = _pooled(store.reports())
            look = {"label": in_figure(run_label(store)), **line_look(index)}
            draw_spread(axes[0], rollouts, [one.costs for one in pooled], look)
            draw_spread(axes[1], rollouts, [one.distances for one in pooled], look)
            success = [100.0 * float(np.mean(one.successes)) for one in pooled]
            axes[2].plot(rollouts, success, marker=".", **look)
        titles = ("cost (median, range)", stores[0].task.distance_label, "successful rollouts [%]")
        for axis, title in zip(axes, titles, strict=True):
            axis.set(title=title, xlabel="rollouts")
        axes[2].set_ylim(-3, 103)
        if min(line.get_ydata().min() for line in axes[0].lines) > 0:
            axes[0].set_yscale("log")
        handles, labels = axes[2].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    caption = "Median and range of each iteration's rollouts, all conditions together."
    return Picture("comparison", "Runs compared", caption, figure)


def run_label(store: RunStore) -> str:
    """Return what tells a run from others in a legend."""
    config = store.config
    return f"{config.method}, seed {config.seed} ({store.directory.name})"


def _pooled(reports: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, list[Pooled]]:
    """Return rollouts so far after each iteration, and what its rollouts had."""
    found: dict[int, Pooled] = {}
    for report in reports:
        one = found.setdefault(report["iteration"], Pooled([], [], []))
        one.costs.extend(report["total_costs"])
        one.distances.extend(report["distances"])
        one.successes.extend(report["successes"])
    return np.cumsum([len(one.costs) for one in found.values()]), list(found.values())


def _row(store: RunStore) -> ComparedRow:
    reports = store.reports()
    rollouts, pooled = _pooled(reports)
    last = last_policy(store, reports)
    assert last is not None, "there is a finished iteration"
    learned = [
        n for n, one in zip(rollouts, pooled, strict=True) if np.mean(one.successes) >= LEARNED
    ]
    times = ("seconds_collecting", "seconds_updating")
    return ComparedRow(
        run=store.directory,
        method=store.config.method,
        seed=store.config.seed,
        iterations=store.iterations_finished,
        rollouts=int(rollouts[-1]),
        learned_after=int(learned[0]) if learned else None,
        last=last,
        interval=wilson(last.successes, last.of),
        seconds=float(sum(report.get(name, 0.0) for report in reports for name in times)),
    )
