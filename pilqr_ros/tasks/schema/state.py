"""The state of a task file, and expressions of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pilqr_ros.tasks.schema.fields import Axis, Name, Names, Section

Kind = Literal[
    "joint_positions",
    "joint_velocities",
    "point_position",
    "point_velocity",
    "body_position",
    "body_velocity",
    "point_axis",
    "point_axis_velocity",
    "body_axis",
    "body_axis_velocity",
    "sensor",
]


class Block(Section):
    """A block of the state: joints, a point on the robot, a tracked body or a sensor.

    Where a point or body is turned to is said by an axis of its frame, a vector of length 1: linear
    in the state, so that cost and success take the difference of it and where it shall point.

    Attributes:
        name: What cost and success call it.
        kind: What it holds [rad, rad/s, m or m/s; an axis has no unit; a sensor N or N m].
        of: The site of the robot, the body of the scene, or the models' touch, force or torque
            sensor; not with joints.
        joints: The joints of a joint block; all actuated ones if not given. Others are only sensed.
        axes: Which of x, y, z a point or body has; all if not given. A sensor has all of its own.
        axis: Which axis of its own frame a block of kind ..._axis or ..._axis_velocity holds.
    """

    name: Name
    kind: Kind
    of: str | None = None
    joints: Names | None = None
    axes: Annotated[tuple[Axis, ...], Field(min_length=1)] | None = None
    axis: Axis | None = None

    @model_validator(mode="after")
    def _check_axis(self) -> Block:
        """Blocks of an axis name it, and no others."""
        if ("_axis" in self.kind) != (self.axis is not None):
            verb = "needs" if self.axis is None else "takes no"
            raise ValueError(f"a {self.kind} block {verb} `axis`, x, y or z of the frame of `of`")
        return self

    @model_validator(mode="after")
    def _check_keys(self) -> Block:
        """Points and bodies name what they are of and may pick axes; joint blocks list joints."""
        is_joints = self.kind.startswith("joint_")
        if is_joints and self.of is not None:
            raise ValueError(f"a {self.kind} block takes `joints`, not `of`")
        if is_joints and self.axes is not None:
            raise ValueError(f"a {self.kind} block takes `joints`, not `axes`")
        if not is_joints and self.joints is not None:
            raise ValueError(f"a {self.kind} block takes `of`, not `joints`")
        if not is_joints and self.of is None:
            raise ValueError(f"a {self.kind} block needs `of`, the name of the point or body")
        if self.kind == "sensor" and self.axes is not None:
            raise ValueError("a sensor block takes no `axes`: cost and success may pick some")
        return self


class Expression(Section):
    """The difference z = of - minus of state blocks and targets, on all or some of their axes.

    Attributes:
        of: State blocks; several are stacked.
        minus: As many blocks, or targets of the condition; zero if not given.
        axes: Axes, or joints, that count; all if not given.
    """

    of: Names
    minus: Names | None = None
    axes: Names | None = None
