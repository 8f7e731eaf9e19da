"""Touch, force and torque sensors as wrenches, the messages of ros2_control's broadcaster.

Of a wrench, a force sensor has the force, a torque sensor the torque, and a touch sensor, which
tells how hard something presses, the force along z.
"""

from __future__ import annotations

from geometry_msgs.msg import Vector3, WrenchStamped

from pilqr_ros.nodes.messages.conversions import set_stamp
from pilqr_ros.tasks.sensors import TOUCH
from pilqr_ros.trajopt.typing import Array


def sensor_topic(name: str) -> str:
    """Return where the readings of a sensor come."""
    return f"sensors/{name}/wrench"


def fill_wrench(message: WrenchStamped, kind: str, stamp_ns: int, values: Array) -> None:
    """Write a reading into a message."""
    set_stamp(message.header.stamp, stamp_ns)
    part = _part(message, kind)
    if kind == TOUCH:
        part.z = float(values[0])
    else:
        part.x, part.y, part.z = map(float, values)


def wrench_values(message: WrenchStamped, kind: str) -> tuple[float, ...]:
    """Return the reading in a message."""
    part = _part(message, kind)
    return (part.z,) if kind == TOUCH else (part.x, part.y, part.z)


def _part(message: WrenchStamped, kind: str) -> Vector3:
    return message.wrench.torque if kind == "torque" else message.wrench.force
