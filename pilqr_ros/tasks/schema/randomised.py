"""What a task file lets differ from rollout to rollout."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from pilqr_ros.tasks.schema.fields import NonNegative, Positive, Section


def _ascending(value: tuple[float, float]) -> tuple[float, float]:
    """Refuse a range whose end comes before its beginning."""
    if value[0] > value[1]:
        raise ValueError("a range is [least, greatest]")
    return value


Range = Annotated[tuple[Positive, Positive], AfterValidator(_ascending)]


class Randomised(Section):
    """What each rollout in simulation has otherwise than the models, for a policy that bears it.

    Factors are drawn uniformly from [least, greatest] by the rollout's seed, with the jitter of its
    start: the same through the nodes as in process. A real arm is as it is.

    Attributes:
        masses: Factors of bodies' masses and inertias, by body.
        frictions: Factors of the friction of bodies' geoms, by body. In a contact MuJoCo takes the
            larger friction of the two geoms, unless one has priority.
        joint_frictions: Factors of joints' damping and dry friction, by joint.
        position_noise: Standard deviation of sensed joint positions [rad or m].
        velocity_noise: The same of joint velocities [rad/s or m/s].
        mocap_noise: The same of each coordinate of a tracked body's position [m].
        sensor_noise: The same of each number of a sensor block [N or N m].
    """

    masses: dict[str, Range] = {}
    frictions: dict[str, Range] = {}
    joint_frictions: dict[str, Range] = {}
    position_noise: NonNegative = 0.0
    velocity_noise: NonNegative = 0.0
    mocap_noise: NonNegative = 0.0
    sensor_noise: NonNegative = 0.0

    @property
    def of_sensors(self) -> bool:
        """Whether what is sensed has noise."""
        noise = self.position_noise, self.velocity_noise, self.mocap_noise, self.sensor_noise
        return any(deviation > 0.0 for deviation in noise)
