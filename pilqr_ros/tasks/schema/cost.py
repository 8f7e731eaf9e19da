"""The cost of a task file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pilqr_ros.tasks.schema.fields import Name, Names, NonNegative, Positive, Section
from pilqr_ros.tasks.schema.state import Expression


class Weighted(Section):
    """What a cost weighs at each time step.

    Attributes:
        weight: Of the whole term.
        ramp: How the weight grows to its full value at the last step.
        active: First and last control step in which it counts; all if not given.
    """

    weight: NonNegative = 1.0
    ramp: Literal["constant", "linear", "quadratic"] = "constant"
    active: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None


class Term(Weighted, Expression):
    """A cost term: weight * ramp(t) * (0.5 alpha |z|^2 + beta sqrt(gamma + |z|^2)) (equation 8).

    Attributes:
        name: What reports call it; not ``torque``.
        alpha: Weight of the squared distance: far away counts most.
        beta: Weight of the distance: an even pull, precise near the target.
        gamma: Rounds off the tip of the distance at z = 0; its root is about the precision [m].
    """

    name: Name
    alpha: NonNegative
    beta: NonNegative
    gamma: Positive = 1e-5


class Obstacle(Weighted):
    """What points are to stay away from: weight * ramp(t) * max(0, 1 - s / distance)^2 for each.

    s is the signed distance of a point to the surface of a geom of the models [m]: a step costs
    nothing from ``distance`` on, the weight at the surface, more within. The geom is where the
    condition's start has it; one of a body whose position is in the state goes along with it, along
    the axes that are there.

    Attributes:
        name: What reports call it; no term's, and not ``torque``.
        of: Blocks of the state that hold the positions of what stays away: points of the robot or
            bodies. Along an axis that a block has not, it is taken to be at the geom's centre.
        geom: The obstacle, by its name in the models: a sphere, capsule, cylinder, box or plane. It
            need not collide (``contype="0" conaffinity="0"``).
        distance: What is to be kept from its surface [m]. Larger: a wider way round it, which the
            noise of the first rollouts finds sooner. It is of points: add the radius of a link or
            tool about them.
    """

    name: Name
    of: Names
    geom: str
    distance: Positive


class Cost(Section):
    """The cost of a step: the sum of terms, of obstacles, and 0.5 * sum of torque_weights * u^2.

    Attributes:
        terms: Its terms.
        obstacles: What points are to stay away from.
        torque_weights: Weight of each squared torque, one for all joints or one for each [1/(N
            m)^2].
    """

    terms: Annotated[tuple[Term, ...], Field(min_length=1)]
    obstacles: tuple[Obstacle, ...] = ()
    torque_weights: NonNegative | tuple[NonNegative, ...] = 0.0
