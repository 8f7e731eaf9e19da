"""The conditions of a task file: starts and targets, drawn ones, and their tolerances."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pilqr_ros.tasks.schema.fields import Axis, Name, Names, NonNegative, Positive, Section, Vector3
from pilqr_ros.tasks.schema.robot import Placement


class Behind(Section):
    """A target behind a body, away from another one: where a pusher has to be.

    Attributes:
        behind: The body.
        facing: The body that it is to be moved to.
        distance: From the body's centre, in the plane [m].
        height: Of the target above the floor [m].
    """

    behind: str
    facing: str
    distance: Positive
    height: float


class AtSite(Section):
    """A target where a site of the models is at the start of the condition.

    Attributes:
        site: The site, of the scene or of the robot.
        axis: The target is where this axis of the site points; its place if not given.
    """

    site: str
    axis: Axis | None = None


class Start(Section):
    """A condition: where a rollout starts, and its targets.

    Attributes:
        name: What lists of conditions call it.
        joints: Start of each actuated joint [rad], in the order of ``joints``.
        bodies: Start of bodies of the scene [m], by name: with a free joint, slides, or mocap. One
            that is turned is a section; without orientation it is turned as in its model.
        other_joints: Start of joints that no motor moves [rad or m], by name, for example of a
            door's hinge; where the model has them if not given.
        targets: What ``minus`` may name in cost and success: as many numbers as the block has, a
            place behind a body, or the place of a site.
    """

    name: Name
    joints: tuple[float, ...]
    bodies: dict[str, Vector3 | Placement] = {}
    other_joints: dict[str, float] = {}
    targets: dict[Name, tuple[float, ...] | Behind | AtSite] = {}


class Shift(Section):
    """One draw that is added to all of `of`, uniform between low and high.

    Attributes:
        of: ``joints``, ``bodies.<name>``, ``other_joints.<name>`` or ``targets.<name>``.
        low: Least shift [rad or m], as long as what it is added to.
        high: Largest shift [rad or m].
        within: Drawn again until it is no longer than this [rad or m]; not if not given.
    """

    of: Names
    low: tuple[float, ...]
    high: tuple[float, ...]
    within: Positive | None = None


class Drawn(Section):
    """Conditions drawn at random about a listed one: the same at every loading of the file.

    Attributes:
        name: What stands for all of them in lists of conditions.
        like: The listed condition that they are drawn about.
        count: How many.
        seed: Of the draws.
        shifts: What is added.
    """

    name: Name
    like: str
    count: Annotated[int, Field(ge=1, le=1000)]
    seed: Annotated[int, Field(ge=0)]
    shifts: Annotated[tuple[Shift, ...], Field(min_length=1)]


class Reset(Section):
    """Jitter of the start and how exactly a reset must reach it.

    Attributes:
        joint_jitter: Standard deviation of each joint's start [rad]. Larger: a policy that bears
            other starts, from rollouts that vary more.
        position_tolerance: Largest error of a joint after a reset [rad].
        velocity_tolerance: Largest speed of a joint after a reset [rad/s].
        body_tolerance: Largest error of a body after a reset [m].
        axis_tolerance: Largest turn of a body's axis after a reset [rad], where both the state and
            the condition have one.
    """

    joint_jitter: NonNegative = 0.003
    position_tolerance: Positive = 0.02
    velocity_tolerance: Positive = 0.05
    body_tolerance: Positive = 0.01
    axis_tolerance: Positive = 0.1
