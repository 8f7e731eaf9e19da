"""The file of a robot: what differs from arm to arm and from site to site, but not by task.

Names in it are the task's where it speaks of joints and bodies; what it gives is how the robot at
this site calls them, where its topics are, and what it may do. SI units, radians.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pilqr_ros.robot.errors import RobotConfigError
from pilqr_ros.robot.frames import base_frame_in
from pilqr_ros.robot.reset.reset_motion import ResetMotion
from pilqr_ros.tasks.config_files import find_config
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.schema import NAME_FORM, Positive, Section, Vector3
from pilqr_ros.tasks.task import Task
from pilqr_ros.tasks.validation import validated
from pilqr_ros.tasks.yaml_lines import Lines
from pilqr_ros.tasks.yaml_text import parse_yaml, read_text
from pilqr_ros.trajopt.typing import Array

FOLDER = "robots"
"""Where the package's own lie, below ``config``."""

_TOPIC = r"^/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$"
_TOPIC_FORM = "a topic's name: words of letters, digits and _ with / between them"
TopicName = Annotated[str, Field(pattern=_TOPIC, max_length=120, description=_TOPIC_FORM)]
_NAME_FORM = "letters, digits, _, ., / and -"
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_./-]+$", max_length=100, description=_NAME_FORM)]
Rate = Annotated[float, Field(ge=20, le=500)]


class JointStates(Section):
    """What joint_state_broadcaster publishes, and how often [Hz]."""

    topic: TopicName = "joint_states"
    rate: Rate = 100.0


class Effort(Section):
    """Where the effort controller listens; how long the guard waits for a command [s].

    0 stands for two control periods.
    """

    topic: TopicName = "effort_controller/commands"
    command_timeout: Annotated[float, Field(ge=0, le=10)] = 0.0


class MotionCapture(Section):
    """Frame of the motion capture, its pose in the robot's base [m, rad], rate, topic of bodies.

    Without a name it is the usual one of the base, `base_frame_in` the nodes' namespace.
    """

    frame: Name | None = None
    xyz: Vector3 = (0.0, 0.0, 0.0)
    rpy: Vector3 = (0.0, 0.0, 0.0)
    rate: Rate = 100.0
    topics: dict[str, TopicName] = Field(default_factory=dict)


class OwnLimits(Section):
    """Limits of a joint that are tighter than the task's [N m, N m per control step]."""

    torque_limit: Positive | None = None
    torque_rate_limit: Positive | None = None


class RobotConfig(Section):
    """A whole file; a base_frame without a name is `base_frame_in` the nodes' namespace.

    Under `sensors` stands the topic of each sensor that the task's state holds.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description=NAME_FORM)]
    description: str = ""
    base_frame: Name | None = None
    joint_states: JointStates = JointStates()
    effort: Effort = Effort()
    motion_capture: MotionCapture = MotionCapture()
    sensors: dict[str, TopicName] = Field(default_factory=dict)
    joints: dict[str, Name] = Field(default_factory=dict)
    limits: dict[str, OwnLimits] = Field(default_factory=dict)
    reset: ResetMotion = ResetMotion()

    def joint_names(self, task: Task) -> list[str]:
        """Return the robot's names of the task's sensed joints, in their order."""
        return [self.joints.get(joint, joint) for joint in task.sensed_joints]

    def own_limits(self, name: Literal["torque_limit", "torque_rate_limit"]) -> dict[str, float]:
        """Return one of the limits, of the joints that have one of their own."""
        given = {joint: getattr(limits, name) for joint, limits in self.limits.items()}
        return {joint: value for joint, value in given.items() if value is not None}

    def frames(self, namespace: str) -> tuple[str, str]:
        """Return the frames of the base and of motion capture for nodes in a namespace."""
        usual = base_frame_in(namespace)
        base, capture = self.base_frame, self.motion_capture.frame
        return usual if base is None else base, usual if capture is None else capture

    def topics(self, task: Task) -> dict[str, str]:
        """Return where the robot has each topic that the nodes speak of.

        Args:
            task: Its bodies are tracked, its sensors read.
        """
        found = {
            "joint_states": self.joint_states.topic,
            "effort_controller/commands": self.effort.topic,
        }
        for body in task.bodies:
            usual = f"mocap/{body}/pose"
            found[usual] = self.motion_capture.topics.get(body, usual)
        for sensor in task.sensors:
            usual = f"sensors/{sensor}/wrench"
            found[usual] = self.sensors.get(sensor, usual)
        return found

    def check(self, task: Task) -> None:
        """Check that the file fits a task.

        Raises:
            RobotConfigError: It names what the task does not have, or allows more than it does.
        """
        _check_names(self.motion_capture.topics, task.bodies, "motion_capture.topics", "body")
        _check_names(self.sensors, task.sensors, "sensors", "sensor")
        _check_names(self.joints, task.sensed_joints, "joints", "joint")
        _check_names(self.limits, task.joints, "limits", "joint")
        _check_limits("torque_limit", self.own_limits("torque_limit"), task, task.torque_limits)
        rates = self.own_limits("torque_rate_limit")
        _check_limits("torque_rate_limit", rates, task, task.torque_rate_limits)
        names = self.joint_names(task)
        for i, name in enumerate(names):
            if name in names[:i]:
                raise RobotConfigError("joints", f"two joints are called {name!r} on the robot")


def load_robot_config(name_or_path: str, task: Task) -> RobotConfig:
    """Load a robot's file by its name (``lightarm``) or its path, and check it against a task.

    Raises:
        RobotConfigError: There is no such file, it is not valid, or it does not fit the task; the
            message names key, value and what is allowed.
    """
    origin, lines = name_or_path, Lines()
    try:
        path = find_config(name_or_path, "robot", FOLDER)
        origin = str(path)
        content, lines = parse_yaml(read_text(path))
        config = validated(RobotConfig, content)
        config.check(task)
    except ConfigError as error:
        raise RobotConfigError.naming(error, origin, lines) from error
    return config


def _check_names(given: dict[str, Any], known: tuple[str, ...], key: str, what: str) -> None:
    """Refuse a name that the task does not have."""
    for name in given:
        if name not in known:
            problem = f"is no {what} of the task; it has: {', '.join(known) or 'none'}"
            raise RobotConfigError(f"{key}.{name}", problem)


def _check_limits(name: str, own: dict[str, float], task: Task, allowed: Array) -> None:
    """Refuse limits beyond the task's."""
    for joint, limit in zip(task.joints, allowed.tolist(), strict=True):
        if joint in own and own[joint] > limit:
            problem = f"{own[joint]:g} is more than the task's {limit:g}"
            raise RobotConfigError(f"limits.{joint}.{name}", problem)
