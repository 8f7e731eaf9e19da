"""Which conditions a neural policy misses."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from pilqr_ros.diagnosis.evidence import network_miss
from pilqr_ros.evaluation.figure_style import figure_style, line_look
from pilqr_ros.plain_text import in_figure
from pilqr_ros.report.picture import Picture
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.typing import Array


def network_picture(store: RunStore) -> Picture | None:
    """Return how far the last network is from its teachers; None where there is no network."""
    missed = network_errors(store)
    if not missed:
        return None
    names = [in_figure(store.task.conditions[index].name) for index in missed]
    with figure_style():
        figure = Figure(figsize=(10, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        sizes = [float(np.sqrt(np.mean(np.square(one)))) for one in missed.values()]
        looks = [line_look(index) for index in range(len(names))]
        left.barh(names, sizes, color=[look["color"] for look in looks])
        left.invert_yaxis()
        left.set(xlabel="off its teacher [std of the noise]", title="over all time steps")
        for name, look, one in zip(names, looks, missed.values(), strict=True):
            right.plot(np.sqrt(np.mean(np.square(one), axis=(0, 2))), label=name, **look)
        right.set(xlabel="time step", ylabel="off its teacher", title="over time")
        right.set_ylim(bottom=0)
        right.legend()
    return Picture(
        "network",
        "The network and its teachers",
        "How far the last network's torques are from those of each condition's local policy, in "
        "standard deviations of its noise, where the last rollouts were. A condition that stands "
        "out is one that the network cannot represent, or cannot tell from another.",
        figure,
    )


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
