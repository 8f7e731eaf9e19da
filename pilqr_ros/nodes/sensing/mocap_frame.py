"""Where motion capture's frame is in the robot's base frame: from parameters or from tf."""

from __future__ import annotations

import time
from typing import Any

import rclpy
from rclpy.node import Node
from transforms3d.affines import compose
from transforms3d.quaternions import quat2mat

from pilqr_ros.nodes.errors import NodeError, SilenceError
from pilqr_ros.nodes.runtime.ending import check_ending
from pilqr_ros.trajopt.typing import Array

TF_TIMEOUT = 10.0
"""Longest wait for a transform on /tf_static [s]."""


def transform_from_tf(node: Node, base_frame: str, mocap_frame: str) -> Array:
    """Wait for a static transform and return it as a homogeneous matrix ``(4, 4)``.

    Args:
        node: A node that nobody spins yet.
        base_frame: The robot's base.
        mocap_frame: Motion capture's world.

    Raises:
        NodeError: tf2_ros is not installed, or motion capture's frame has no name.
        SilenceError: Nobody told the transform in time.
    """
    tf2_ros = _import_tf2()
    if not mocap_frame:
        raise NodeError("mocap_frame_source tf needs the parameter mocap_frame")
    buffer = tf2_ros.Buffer()
    listener = tf2_ros.TransformListener(buffer, node)
    deadline = time.monotonic() + TF_TIMEOUT
    newest = rclpy.time.Time()
    while not buffer.can_transform(base_frame, mocap_frame, newest):
        check_ending()
        if time.monotonic() > deadline:
            what = f"give the transform from '{mocap_frame}' to '{base_frame}'"
            raise SilenceError("/tf_static", what, TF_TIMEOUT)
        rclpy.spin_once(node, timeout_sec=0.1)
    found = buffer.lookup_transform(base_frame, mocap_frame, newest).transform
    listener.unregister()
    return _matrix(found)


def _import_tf2() -> Any:  # noqa: ANN401
    """Return the module tf2_ros, which a distribution has and the wheels have not."""
    try:
        import tf2_ros
    except ImportError as error:
        raise NodeError(
            "mocap_frame_source is 'tf', but tf2_ros is not installed: install it "
            "(ros-<distribution>-tf2-ros-py), or use 'parameter' with mocap_xyz and mocap_rpy"
        ) from error
    return tf2_ros


def _matrix(transform: Any) -> Array:  # noqa: ANN401
    """Return a geometry_msgs/Transform as a homogeneous matrix."""
    origin, turn = transform.translation, transform.rotation
    rotation = quat2mat((turn.w, turn.x, turn.y, turn.z))
    matrix: Array = compose((origin.x, origin.y, origin.z), rotation, (1.0, 1.0, 1.0))
    return matrix
