"""How a policy changes: its noise and its feedback over the time steps and over the iterations."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from pilqr_ros.evaluation.figure_style import SEQUENCE, figure_style, line_look
from pilqr_ros.plain_text import in_figure
from pilqr_ros.report.picture import Picture, some_of
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


def policy_picture(store: RunStore, condition: int) -> Picture:
    """Return noise and feedback of a condition's policies.

    Args:
        store: A run with a finished iteration.
        condition: Index of the condition.
    """
    count = store.iterations_finished + 1
    policies = [store.policy(iteration, condition)[0] for iteration in range(count)]
    noise = np.stack([noise_over_time(policy) for policy in policies])
    gains = np.stack([gains_over_time(policy) for policy in policies])
    units = sorted(set(store.task.joint_units.effort))
    with figure_style():
        figure = Figure(figsize=(10, 6.4), layout="constrained")
        left, right = (figure.add_subfigure(place) for place in figure.add_gridspec(1, 2))
        labels = (f"noise, standard deviation [{', '.join(units)}]", "feedback gains, rms")
        _over_time(left, (noise, gains), labels)
        _over_iterations(right, (noise, gains), labels, store.task.joints)
    name = store.task.conditions[condition].name
    return Picture(
        f"policy_{condition}",
        f"The policy: noise and feedback ({name})",
        "Left: over the time steps, mean of the joints, for some iterations; the last is what was "
        "learned. Right: each joint over the iterations, mean over time. Noise that falls "
        "early leaves nothing to learn from; feedback that rises steeply follows noise.",
        figure,
    )


def noise_over_time(policy: TVLGPolicy) -> Array:
    """Return the standard deviation of each joint's noise, ``(T, dU)``."""
    found: Array = np.sqrt(np.square(policy.L).sum(axis=2))
    return found


def gains_over_time(policy: TVLGPolicy) -> Array:
    """Return the root mean square of each joint's feedback gains, ``(T, dU)``."""
    found: Array = np.sqrt(np.square(policy.K).mean(axis=2))
    return found


def _over_time(place: SubFigure, quantities: Sequence[Array], labels: Sequence[str]) -> None:
    """Draw some iterations of quantities ``(iterations, T, joints)``, one below the other."""
    axes = place.subplots(len(quantities), 1, sharex=True)
    shown = some_of(len(quantities[0]))
    colors = mpl.colormaps[SEQUENCE](np.linspace(0, 0.92, len(shown)))
    for axis, values, label in zip(axes, quantities, labels, strict=True):
        for iteration, color in zip(shown, colors, strict=True):
            axis.plot(values[iteration].mean(axis=1), color=color, label=f"{iteration + 1}")
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    axes[-1].set_xlabel("time step")
    _legend(place, axes[0], "iteration")


def _over_iterations(
    place: SubFigure, quantities: Sequence[Array], labels: Sequence[str], joints: Sequence[str]
) -> None:
    """Draw each joint of quantities ``(iterations, T, joints)``, one below the other."""
    axes = place.subplots(len(quantities), 1, sharex=True)
    for axis, values, label in zip(axes, quantities, labels, strict=True):
        means = values.mean(axis=1)
        iterations = np.arange(1, len(means) + 1)
        for index, joint in enumerate(joints):
            look = line_look(index)
            axis.plot(iterations, means[:, index], marker=".", label=in_figure(joint), **look)
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[-1].set_xlabel("iteration")
    _legend(place, axes[0], None)


def _legend(place: SubFigure, axis: Axes, title: str | None) -> None:
    """Name the lines of an axis above it, where no line can lie."""
    handles, names = axis.get_legend_handles_labels()
    columns = 6 if title else 3
    place.legend(
        handles, names, loc="outside upper center", ncols=columns, title=title, title_fontsize=8
    )
