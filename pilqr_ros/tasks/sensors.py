"""Contact and force sensors of the models as blocks of the state."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.layout import AXES, SensorNumbers
from pilqr_ros.tasks.model_names import Needed, require_element
from pilqr_ros.tasks.models import element_id
from pilqr_ros.tasks.schema import Block

_SENSOR = mujoco.mjtObj.mjOBJ_SENSOR
TOUCH = "touch"
KINDS = {
    mujoco.mjtSensor.mjSENS_TOUCH: TOUCH,
    mujoco.mjtSensor.mjSENS_FORCE: "force",
    mujoco.mjtSensor.mjSENS_TORQUE: "torque",
}
"""Sensors that a block can be of: what a wrench holds, which is how a robot tells of them."""

_NUMBERS = {
    TOUCH: SensorNumbers(("normal",), "N"),
    "force": SensorNumbers(AXES, "N"),
    "torque": SensorNumbers(AXES, "N m"),
}


def sensor_kind(world: mujoco.MjModel, name: str, key: str) -> str:
    """Return which kind a sensor is of: touch, force or torque.

    Raises:
        TaskError: There is no such sensor, or it is of another kind.
    """
    require_element(Needed("sensor", world, "the models", "a sensor block"), name, key, world)
    index = element_id(world, _SENSOR, name, key)
    kind = mujoco.mjtSensor(world.sensor_type[index])
    if kind not in KINDS:
        what = kind.name.removeprefix("mjSENS_").lower()
        raise TaskError(key, f"{name!r} is a {what} sensor, must be one of {', '.join(_NUMBERS)}")
    return KINDS[kind]


def sensor_numbers(blocks: Sequence[Block], world: mujoco.MjModel) -> dict[str, SensorNumbers]:
    """Return what each sensor that the state holds tells.

    Raises:
        TaskError: There is no such sensor, or it cannot be a block; the message names the key.
    """
    return {
        str(block.of): _NUMBERS[sensor_kind(world, str(block.of), f"state[{i}].of")]
        for i, block in enumerate(blocks)
        if block.kind == "sensor"
    }


def sensor_slice(world: mujoco.MjModel, name: str) -> slice:
    """Return where the numbers of a sensor are in MuJoCo's `sensordata`."""
    index = element_id(world, _SENSOR, name, "state")
    first = int(world.sensor_adr[index])
    return slice(first, first + int(world.sensor_dim[index]))
