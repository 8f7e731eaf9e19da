"""The robot of a task file: its models, joints, control and guard."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field, model_validator

from pilqr_ros.tasks.schema.fields import MAX_STEPS, Name, Positive, Section, Vector3
from pilqr_ros.trajopt.errors import SettingError


class Placement(Section):
    """A position, and how what is there is turned.

    Attributes:
        position: Where [m].
        quaternion: How it is turned, (w, x, y, z) of any length; or say it with `euler`.
        euler: The same as turns about the fixed axes x, y and z, in this order [rad]: `rpy` of URDF
            and tf.
    """

    position: Vector3
    quaternion: Annotated[tuple[float, ...], Field(min_length=4, max_length=4)] | None = None
    euler: Vector3 | None = None

    @model_validator(mode="after")
    def _check_orientation(self) -> Placement:
        """One orientation, that is one."""
        if self.quaternion is not None and self.euler is not None:
            raise ValueError("takes quaternion or euler, not both")
        if self.quaternion is not None and not any(self.quaternion):
            raise ValueError("quaternion is no orientation: all of it is zero")
        return self


class Models(Section):
    """The MJCF files: a scene, the robot that stands in it and the tool that it holds.

    They are looked for beside the task file, in ``models`` there, and among the package's own.

    Attributes:
        scene: What the robot stands in; its options (time step, gravity) hold.
        robot: The arm: joints, a motor of gear 1 for each with the joint's name, sites.
        tool: What is attached to the robot's site ``tool_mount``; nothing if not given.
        mount: Where the robot's origin is in the scene [m]; a section if it is turned there.
    """

    scene: str
    robot: str
    tool: str | None = None
    mount: Vector3 | Placement = (0.0, 0.0, 0.0)


class Control(Section):
    """Rate of control and length of a rollout.

    Attributes:
        rate: Control steps in a second [Hz]; a period is a whole number of physics steps.
        steps: Control steps of a rollout.
    """

    rate: Positive
    steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]


class ActuatedJoint(Section):
    """An actuated joint and its limits.

    A joint that slides has N for N m and m for rad, everywhere.

    Attributes:
        name: The joint, and its motor, in the robot's model.
        torque_limit: Largest torque [N m]; no more than the model's motor gives.
        torque_rate_limit: Largest change of torque in a control step [N m]. Smaller: gentler for
            the gears; below twice the noise's change in a step it cuts what is learned from.
        position_limits: Lower and upper bound [rad], within the model's; the model's if not given.
        velocity_limit: Largest speed [rad/s]; none if not given.
        soft_margin: Where torque towards a bound begins to fade [rad] inside it; the guard's if not
            given.
    """

    name: Name
    torque_limit: Positive
    torque_rate_limit: Positive
    position_limits: tuple[float, float] | None = None
    velocity_limit: Positive | None = None
    soft_margin: Positive | None = None

    @model_validator(mode="after")
    def _check_order(self) -> ActuatedJoint:
        """The lower bound comes first."""
        if self.position_limits is not None and self.position_limits[0] >= self.position_limits[1]:
            limits = list(self.position_limits)
            raise SettingError("position_limits", limits, "[lower, upper], the lower one first")
        return self


class Guard(Section):
    """How joints are kept within their limits, and how much of that a rollout may need.

    Attributes:
        soft_margin: Torque towards a bound fades inside it over this [rad]. Larger: bounds are felt
            earlier; rollouts near them lose torque.
        bound_tolerance: Further beyond a bound than this [rad] the robot stops. Larger: fewer
            rollouts are ended, farther into the stop.
        overspeed: Faster than so many times the velocity limit the robot stops. Larger: fewer
            rollouts are ended, at a higher speed.
        max_fraction_limited: A rollout that was kept from bounds or speed in a larger share of its
            steps is not used. (Files of before call it `most_limited`.) Smaller: more rollouts are
            thrown away and drawn again.
    """

    soft_margin: Positive = 0.05
    bound_tolerance: Positive = 0.1
    overspeed: Annotated[float, Field(gt=1)] = 1.5
    max_fraction_limited: Annotated[
        float,
        Field(ge=0, le=1, validation_alias=AliasChoices("max_fraction_limited", "most_limited")),
    ] = 0.5

    @property
    def strict(self) -> Guard:
        """The same for a real arm: no tolerance is wider than the default one."""
        default = Guard()
        return Guard(
            soft_margin=self.soft_margin,
            bound_tolerance=min(self.bound_tolerance, default.bound_tolerance),
            overspeed=min(self.overspeed, default.overspeed),
            max_fraction_limited=min(self.max_fraction_limited, default.max_fraction_limited),
        )
