"""The cost of a task file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pilqr_ros.tasks.schema.fields import NonNegative, Positive, Section
from pilqr_ros.tasks.schema.state import Expression


class Term(Expression):
    """A cost term: weight * ramp(t) * (0.5 alpha |z|^2 + beta sqrt(gamma + |z|^2)) (equation 8).

    Attributes:
        name: What reports call it; not ``torque``.
        alpha: Weight of the squared distance: far away counts most.
        beta: Weight of the distance: an even pull, precise near the target.
        gamma: Rounds off the tip of the distance at z = 0; its root is about the precision [m].
        weight: Of the whole term.
        ramp: How the weight grows to its full value at the last step.
        active: First and last control step in which it counts; all if not given.
    """

    name: str
    alpha: NonNegative
    beta: NonNegative
    gamma: Positive = 1e-5
    weight: NonNegative = 1.0
    ramp: Literal["constant", "linear", "quadratic"] = "constant"
    active: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None


class Cost(Section):
    """The cost of a step: the sum of its terms and 0.5 * sum of torque_weights * u^2.

    Attributes:
        terms: Its terms.
        torque_weights: Weight of each squared torque, one for all joints or one for each [1/(N
            m)^2].
    """

    terms: Annotated[tuple[Term, ...], Field(min_length=1)]
    torque_weights: NonNegative | tuple[NonNegative, ...] = 0.0
