"""What the cost is made of over the iterations."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pilqr_ros.evaluation.figure_style import figure_style, line_look
from pilqr_ros.plain_text import in_figure
from pilqr_ros.report.picture import Picture
from pilqr_ros.runs.run_store import RunStore


def cost_picture(store: RunStore, condition: int) -> Picture | None:
    """Return the mean of each cost term over the iterations; None where no cost is on disk."""
    terms = mean_terms(store, condition)
    if not terms:
        return None
    with figure_style():
        figure = Figure(figsize=(10, 3.2), layout="constrained")
        axis = figure.subplots()
        for index, (name, values) in enumerate(terms.items()):
            iterations = np.arange(1, len(values) + 1)
            axis.plot(iterations, values, marker=".", label=in_figure(name), **line_look(index))
        if all(np.nanmin(values) > 0 for values in terms.values()):
            axis.set_yscale("log")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set(xlabel="iteration", ylabel="mean cost of a rollout")
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Picture(
        f"cost_terms_{condition}",
        f"The cost terms ({store.task.conditions[condition].name})",
        "A term far below the others steers nothing; one that stays level is not being learned.",
        figure,
    )


def mean_terms(store: RunStore, condition: int) -> dict[str, list[float]]:
    """Return the mean of each cost term in each finished iteration; nan where none is on disk."""
    iterations = []
    for iteration in range(store.iterations_finished):
        costs = [store.cost(iteration, condition, n) for n in range(store.config.rollouts)]
        iterations.append([cost.terms for cost in costs if cost is not None])
    names = dict.fromkeys(name for found in iterations for terms in found for name in terms)
    return {
        name: [
            float(np.mean([one[name] for one in found])) if found else np.nan
            for found in iterations
        ]
        for name in names
    }
