from types import MappingProxyType

import numpy as np
from transforms3d.axangles import axangle2mat
from transforms3d.quaternions import mat2quat, quat2mat

from pilqr_ros.nodes.sensing.sensor_messages import SensorMessages
from pilqr_ros.simulation.world import BodyPose, SensorReadings

TURN = axangle2mat((0.2, 0.3, 0.9), 0.8)
ORIGIN = np.array([1.2, -0.8, 0.1])


def readings(position, rotation):
    return SensorReadings(
        stamp_ns=5,
        joint_names=("a", "b"),
        positions=np.array([1.0, 2.0]),
        velocities=np.zeros(2),
        efforts=np.zeros(2),
        bodies=MappingProxyType({"puck": BodyPose(position, mat2quat(rotation))}),
    )


def test_joints_are_called_as_on_the_robot():
    first = readings(np.zeros(3), np.eye(3))
    assert SensorMessages(first, "base", names=["x", "y"]).joints.name == ["x", "y"]


def test_poses_come_in_motion_captures_own_frame():
    in_frame, orientation = np.array([0.3, 0.4, 0.5]), axangle2mat((1, 2, 3), 0.4)
    first = readings(TURN @ in_frame + ORIGIN, TURN @ orientation)
    to_base = np.block([[TURN, ORIGIN[:, None]], [np.zeros((1, 3)), np.ones((1, 1))]])
    messages = SensorMessages(
        first, "mocap", names=["a", "b"], base_to_frame=np.linalg.inv(to_base)
    )
    messages.fill(first)
    pose = messages.bodies["puck"].pose
    assert messages.bodies["puck"].header.frame_id == "mocap"
    got = (pose.position.x, pose.position.y, pose.position.z)
    np.testing.assert_allclose(got, in_frame, atol=1e-12)
    q = pose.orientation
    np.testing.assert_allclose(quat2mat((q.w, q.x, q.y, q.z)), orientation, atol=1e-12)
