"""What shows a robot, its scene and its rollouts in RViz and Foxglove: topics, types, frames."""

from __future__ import annotations

from typing import NamedTuple

from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from pilqr_ros.nodes.messages import qos

TRANSFORMS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
"""As tf's own broadcasters offer them."""


class SceneTopic(NamedTuple):
    """A topic of the scene.

    Attributes:
        name: Its name, relative to the node's namespace.
        kind: The class of its messages.
        profile: How it is offered.
    """

    name: str
    kind: type
    profile: QoSProfile


DESCRIPTION = SceneTopic("robot_description", String, qos.LATCHED)
"""The robot as a URDF."""

MODEL = SceneTopic("scene_publisher/model", MarkerArray, qos.LATCHED)
"""Robot and scene as MuJoCo has them, each shape in its body's frame."""

TARGETS = SceneTopic("scene_publisher/targets", MarkerArray, qos.LATCHED)
"""Targets, and where success is, of the conditions that are shown."""

PATHS = SceneTopic("scene_publisher/paths", MarkerArray, qos.LATCHED)
"""Paths of the last rollouts of each condition, their mean and their spread."""

FRAMES = SceneTopic("/tf", TFMessage, TRANSFORMS)
"""Where every body is."""

SCENE_TOPICS = (DESCRIPTION, MODEL, TARGETS, PATHS, FRAMES)
