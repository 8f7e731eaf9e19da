"""Which conditions a neural policy misses."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from pilqr_ros.diagnosis.evidence import network_miss
from pilqr_ros.evaluation.figure_style import figure_style, legend_below, line_look
from pilqr_ros.plain_text import in_figure
from pilqr_ros.report.picture import SHOWN, Picture
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.typing import Array

OTHERS = {"color": "#999999"}
"""How the bars of conditions look that have no line."""


def network_picture(store: RunStore) -> Picture | None:
    """Return how far the last network is from its teachers; None where there is no network."""
    missed = network_errors(store)
    if not missed:
        return None
    sizes = {condition: float(rms(one)) for condition, one in missed.items()}
    worst = sorted(sizes, key=lambda condition: -sizes[condition])[:SHOWN]
    looks = {condition: line_look(index) for index, condition in enumerate(worst)}
    names = {index: in_figure(store.task.conditions[index].name) for index in missed}
    with figure_style():
        figure = Figure(figsize=(10, max(3.4, 1.2 + 0.2 * len(names))), layout="constrained")
        left, right = figure.subplots(1, 2)
        colors = [looks.get(condition, OTHERS)["color"] for condition in sizes]
        left.barh(list(names.values()), list(sizes.values()), color=colors)
        left.invert_yaxis()
        left.set(xlabel="off its teacher [std of the noise]", title="over all time steps")
        for condition, look in looks.items():
            right.plot(rms(missed[condition], axis=(0, 2)), label=names[condition], **look)
        right.set(xlabel="time step", ylabel="off its teacher", title="over time")
        right.set_ylim(bottom=0)
        legend_below(figure, right)
    return Picture(
        "network",
        "The network and its teachers",
        "How far the last network's torques are from those of each condition's local policy, in "
        "standard deviations of its noise, where the last rollouts were. A condition that stands "
        "out is one that the network cannot represent, or cannot tell from another.",
        figure,
    )


def rms(values: Array, axis: tuple[int, ...] | None = None) -> Array:
    """Return the root mean square over axes, all of them by default."""
    return np.sqrt(np.mean(np.square(values), axis=axis))


def network_errors(store: RunStore) -> dict[int, Array]:
    """Return what the last network misses in each condition, ``(N, T, dU)``, by condition."""
    done, found = store.iterations_finished, {}
    for condition in store.config.conditions:
        places = ((done - 1, condition, n) for n in range(store.config.rollouts))
        rollouts: list[Rollout] = [one for place in places if (one := store.rollout(*place))]
        missed = network_miss(store, done, condition, rollouts)
        if missed is not None:
            found[condition] = missed
    return found
