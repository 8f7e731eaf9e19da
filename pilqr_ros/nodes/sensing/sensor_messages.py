"""The simulated robot's sensors as real drivers' messages, reused from tick to tick."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from geometry_msgs.msg import PoseStamped, WrenchStamped
from sensor_msgs.msg import JointState
from transforms3d.quaternions import mat2quat, qmult

from pilqr_ros.nodes.messages.conversions import set_stamp, view_field
from pilqr_ros.nodes.sensing.wrench_messages import fill_wrench
from pilqr_ros.simulation.world import BodyPose, SensorReadings
from pilqr_ros.trajopt.typing import Array


class SensorMessages:
    """Joint state and poses, filled from the world's readings.

    Attributes:
        joints: The joint state.
        bodies: Pose of each tracked body, by name.
        sensors: Wrench of each sensor, by name.
    """

    def __init__(
        self,
        readings: SensorReadings,
        frame: str,
        *,
        names: Sequence[str],
        base_to_frame: Array | None = None,
        sensors: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Make the messages for the joints and bodies of the first readings.

        Args:
            readings: They tell how many joints and which bodies there are.
            frame: Frame of the poses.
            names: How the joints are called.
            base_to_frame: Transform ``(4, 4)`` into that frame; None if it is the base's.
            sensors: The kind of each sensor.
        """
        empty = bytes(8 * len(readings.joint_names))
        self._base_to_frame = base_to_frame
        self.joints = JointState(
            name=list(names),
            position=array("d", empty),
            velocity=array("d", empty),
            effort=array("d", empty),
        )
        self._position = view_field(self.joints.position)
        self._velocity = view_field(self.joints.velocity)
        self._effort = view_field(self.joints.effort)
        self.bodies = {name: PoseStamped() for name in readings.bodies}
        for message in self.bodies.values():
            message.header.frame_id = frame
        self._kinds = sensors
        self.sensors = {name: WrenchStamped() for name in sensors}
        for name, wrench in self.sensors.items():
            wrench.header.frame_id = name

    def fill(self, readings: SensorReadings) -> None:
        """Write readings into the messages; those of bodies that were not seen stay as they are."""
        set_stamp(self.joints.header.stamp, readings.stamp_ns)
        self._position[:] = readings.positions
        self._velocity[:] = readings.velocities
        self._effort[:] = readings.efforts
        for name, pose in readings.bodies.items():
            if self._base_to_frame is not None:
                pose = _transformed(self._base_to_frame, pose)
            _fill_pose(self.bodies[name], readings.stamp_ns, pose)
        for name, values in readings.sensors.items():
            fill_wrench(self.sensors[name], self._kinds[name], readings.stamp_ns, values)


def _transformed(transform: Array, pose: BodyPose) -> BodyPose:
    """Return a pose in another frame."""
    rotation = transform[:3, :3]
    return BodyPose(
        rotation @ pose.position + transform[:3, 3],
        qmult(mat2quat(rotation), pose.quaternion),
    )


def _fill_pose(message: PoseStamped, stamp_ns: int, pose: BodyPose) -> None:
    """Write one pose into its message."""
    set_stamp(message.header.stamp, stamp_ns)
    position, orientation = message.pose.position, message.pose.orientation
    position.x, position.y, position.z = map(float, pose.position)
    orientation.w, orientation.x, orientation.y, orientation.z = map(float, pose.quaternion)
