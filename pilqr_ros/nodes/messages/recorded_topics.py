"""Which topics are recorded, and how they are listened to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, WrenchStamped
from rcl_interfaces.msg import Log
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.msg import (
    AppliedTorque,
    IterationReport,
    Rollout,
    State,
    TorqueCommand,
    TrainingRun,
    TVLGPolicy,
)
from pilqr_ros.nodes.messages.scene_topics import SCENE_TOPICS, SceneTopic
from pilqr_ros.recording.topic import offered_qos
from pilqr_ros.tasks import Task

DEPTH = 2000
"""Messages of the control loop that may wait to be taken: seconds of lock-step."""

FEW = 100
"""Messages of other topics that may wait to be taken."""

# Whatever is offered is heard, and nobody waits for an answer.
STREAM = QoSProfile(depth=DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
# Each one counts.
EVENTS = QoSProfile(depth=FEW, reliability=ReliabilityPolicy.RELIABLE)
# As are these, and what was said before is heard, too.
LATCHED = QoSProfile(
    depth=FEW,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


COMMON = [topic for topic in SCENE_TOPICS if topic.name.startswith("/")]
"""Topics of the scene that are the same in every namespace."""

OF_A_ROBOT = [topic for topic in SCENE_TOPICS if topic not in COMMON]


class RecordedTopic(NamedTuple):
    """A topic that is recorded.

    Attributes:
        name: Its name, relative to the node's namespace.
        kind: The class of its messages.
        profile: How it is listened to.
    """

    name: str
    kind: type
    profile: QoSProfile

    @property
    def offered(self) -> str:
        """How a replay is to offer it, as rosbag2 writes it."""
        latched = self.profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
        return offered_qos(reliable=True, latched=latched, depth=10)


def recorded_topics(task: Task, robots: Sequence[str] = ()) -> list[RecordedTopic]:
    """Return every topic that is recorded for a task.

    Args:
        task: The task.
        robots: Namespaces of several robots, as seen from the recorder; none: its own.
    """
    return [
        RecordedTopic("learner/run", TrainingRun, LATCHED),
        RecordedTopic("learner/iteration_report", IterationReport, LATCHED),
        RecordedTopic("learner/policy", TVLGPolicy, LATCHED),
        *(topic for robot in robots or ("",) for topic in _own(task, robot)),
        *(RecordedTopic(topic.name, topic.kind, _heard(topic)) for topic in COMMON),
        RecordedTopic("/clock", Clock, STREAM),
        *(RecordedTopic(f"{robot}/clock", Clock, STREAM) for robot in robots),
        RecordedTopic("/diagnostics", DiagnosticArray, EVENTS),
        RecordedTopic("/rosout", Log, LATCHED),
    ]


def _own(task: Task, robot: str) -> list[RecordedTopic]:
    """Return the topics of one robot, in its namespace."""
    topics = [
        RecordedTopic("rollout", Rollout, LATCHED),
        RecordedTopic("state", State, STREAM),
        RecordedTopic("torque_command", TorqueCommand, STREAM),
        RecordedTopic("applied_torque", AppliedTorque, STREAM),
        RecordedTopic("effort_controller/commands", Float64MultiArray, STREAM),
        RecordedTopic("joint_states", JointState, STREAM),
        *(RecordedTopic(f"mocap/{body}/pose", PoseStamped, STREAM) for body in task.bodies),
        *(RecordedTopic(f"sensors/{name}/wrench", WrenchStamped, STREAM) for name in task.sensors),
        *(RecordedTopic(topic.name, topic.kind, _heard(topic)) for topic in OF_A_ROBOT),
    ]
    return [topic._replace(name=f"{robot}/{topic.name}") if robot else topic for topic in topics]


def _heard(topic: SceneTopic) -> QoSProfile:
    """Return how a topic of the scene is listened to."""
    return STREAM if topic.profile.durability == DurabilityPolicy.VOLATILE else LATCHED


def type_name(kind: type) -> str:
    """Return a message type's name, as ``std_msgs/msg/Header``."""
    package = kind.__module__.partition(".")[0]
    return f"{package}/msg/{kind.__name__}"
