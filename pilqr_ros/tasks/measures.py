"""Figures of a rollout that are reported beside success, and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from pilqr_ros.tasks.expression import LinearMap, linear_map
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import Measure
from pilqr_ros.trajopt.typing import Array


class MeasureOf(NamedTuple):
    """z = A x - b of a trajectory: one number, or the length of several.

    Attributes:
        name: What reports call it.
        z: The expression.
        at: The step that counts.
    """

    name: str
    z: LinearMap
    at: Literal["last", "least", "greatest"]

    def __call__(self, states: Array) -> float:
        """Return the figure of a trajectory, states ``(T, dX)`` [rad or m]."""
        z = states @ self.z.A.T - self.z.b
        values = z[:, 0] if z.shape[1] == 1 else np.linalg.norm(z, axis=1)
        if self.at == "last":
            return float(values[-1])
        return float(values.min() if self.at == "least" else values.max())


def build_measures(
    measures: tuple[Measure, ...], layout: StateLayout, targets: Mapping[str, Array]
) -> tuple[MeasureOf, ...]:
    """Build the measures of one condition.

    Raises:
        TaskError: A name is unknown, or sizes do not match.
    """
    return tuple(
        MeasureOf(measure.name, linear_map(measure, layout, targets, f"measures[{i}]"), measure.at)
        for i, measure in enumerate(measures)
    )
