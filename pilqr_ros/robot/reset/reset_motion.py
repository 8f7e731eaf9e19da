"""How an arm moves to a start: the settings of a reset, their bounds and their defaults.

They stand here alone. The robot's file has them as its section `reset`, and the node `robot_reset`
as its parameters.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pilqr_ros.tasks.schema import Section

STATE_AGE_PERIODS = 3
"""Longest time between two states while the arm moves, unless told otherwise [control periods]."""

_NS = 1e9
"""Nanoseconds in a second."""


class ResetMotion(Section):
    """Speeds, stiffness and times of a reset; the torques make up for errors as `JointServo` says.

    The frequency times the control period must stay below 0.5.
    """

    max_speed: Annotated[
        float,
        Field(
            ge=0.01,
            le=2,
            description="largest speed of a joint's reference [rad/s, of slides m/s]",
        ),
    ] = 0.3
    frequency: Annotated[
        float,
        Field(
            ge=0.5,
            le=10,
            description="natural frequency with which the reference is followed [rad/s]",
        ),
    ] = 6.0
    damping_ratio: Annotated[
        float, Field(ge=0.3, le=2, description="damping ratio of the same")
    ] = 1.0
    integral_time: Annotated[
        float, Field(ge=0.1, le=100, description="time constant that makes up for friction [s]")
    ] = 2.0
    tracking_error: Annotated[
        float,
        Field(
            ge=0.01,
            le=3,
            description="largest distance of a joint from its reference [rad, of slides m]",
        ),
    ] = 0.3
    settle_time: Annotated[
        float,
        Field(
            ge=0,
            le=60,
            description="how long arm and bodies have to stay within tolerance [s]",
        ),
    ] = 0.5
    deadline: Annotated[
        float, Field(ge=1, le=600, description="longest time for a motion and its settling [s]")
    ] = 60.0
    operator_timeout: Annotated[
        float, Field(ge=1, le=1800, description="longest wait for a person [s]")
    ] = 300.0
    state_age: Annotated[
        float,
        Field(
            ge=0,
            le=10,
            description="longest time between two states while the arm moves [s]; 0: three "
            "control periods",
        ),
    ] = 0.0

    @property
    def settle_ns(self) -> int:
        """How long arm and bodies have to stay within tolerance [ns]."""
        return round(self.settle_time * _NS)

    @property
    def deadline_ns(self) -> int:
        """Longest time for a motion and its settling [ns]."""
        return round(self.deadline * _NS)

    @property
    def operator_ns(self) -> int:
        """Longest wait for a person [ns]."""
        return round(self.operator_timeout * _NS)

    def state_age_ns(self, period_ns: int) -> int:
        """Return the longest time between two states [ns] at a control period [ns]."""
        age_ns = round(self.state_age * _NS)
        return age_ns if age_ns > 0 else STATE_AGE_PERIODS * period_ns
