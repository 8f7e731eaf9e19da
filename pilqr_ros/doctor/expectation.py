"""What a graph should look like for a task and a robot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pilqr_ros.doctor.known_tasks import identity
from pilqr_ros.graph import DEPLOYED, NODES, SIMULATED_ROBOT
from pilqr_ros.robot.guard.interventions import GUARD
from pilqr_ros.robot.robot_config import RobotConfig
from pilqr_ros.tasks.task import Task

BRIDGE = SIMULATED_ROBOT[0].name
ROBOT = "the robot"
"""Stands for nodes that are not this project's: drivers, or the simulated robot."""


class Wire(NamedTuple):
    """A topic that must connect nodes: its type, who publishes and who subscribes."""

    kind: str
    publisher: str
    subscriber: str


class JointSpan(NamedTuple):
    """Names of a joint in the task and on the robot, and its bounds [rad or m]."""

    task_name: str
    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Expectation:
    """What the checks compare a snapshot with.

    Attributes:
        namespace: Namespace of the nodes, with its slashes: ``/`` or ``/left/``.
        nodes: Names of the nodes that must be there.
        wires: By topic.
        services: Fully qualified names.
        joints: Sensed joints.
        rates: Expected rate of the robot's topics in real time [Hz].
        frames: Expected frame_id by topic.
        task: Name of the task.
        identity: What tells the task from others of its name.
        period: Control period [s].
        usual: Names of topics before they were moved by the robot's file, by topic.
    """

    namespace: str
    nodes: tuple[str, ...]
    wires: Mapping[str, Wire]
    services: tuple[str, ...]
    joints: tuple[JointSpan, ...]
    rates: Mapping[str, float]
    frames: Mapping[str, str]
    task: str
    identity: str
    period: float
    usual: Mapping[str, str] = field(default_factory=dict)

    @property
    def joint_topic(self) -> str:
        """Where joint states come."""
        return next(topic for topic, usual in self.usual.items() if usual == "joint_states")

    @property
    def effort_topic(self) -> str:
        """Where torques go."""
        usual = "effort_controller/commands"
        return next(topic for topic, name in self.usual.items() if name == usual)


def expect(
    task: Task,
    robot: RobotConfig | None,
    namespace: str,
    *,
    deployed: bool = False,
    shared: bool = True,
) -> Expectation:
    """Return what to expect.

    Args:
        task: The task.
        robot: The robot's file; None for the usual names.
        namespace: Namespace of the nodes.
        deployed: Whether the graph serves a policy, without a learner.
        shared: Whether what several robots share is there, too; not in the namespace of one.
    """
    nodes = DEPLOYED if deployed else NODES
    common = (SERVING if deployed else LEARNING) if shared else ()
    space = f"/{namespace.strip('/')}/".replace("//", "/")
    config = RobotConfig(name="robot") if robot is None else robot
    moved = {usual: absolute(topic, space) for usual, topic in config.topics(task).items()}
    capture = [moved[f"mocap/{body}/pose"] for body in task.bodies]
    wires = {moved["joint_states"]: Wire("sensor_msgs/msg/JointState", ROBOT, "state_estimator")}
    wires |= {
        topic: Wire("geometry_msgs/msg/PoseStamped", ROBOT, "state_estimator") for topic in capture
    }
    wires |= {
        moved[f"sensors/{name}/wrench"]: Wire(
            "geometry_msgs/msg/WrenchStamped", ROBOT, "state_estimator"
        )
        for name in task.sensors
    }
    wires |= {
        f"{space}state": Wire("pilqr_msgs/msg/State", "state_estimator", "trajectory_executor"),
        f"{space}torque_command": Wire(
            "pilqr_msgs/msg/TorqueCommand", "trajectory_executor", GUARD
        ),
        f"{space}applied_torque": Wire(
            "pilqr_msgs/msg/AppliedTorque", GUARD, "trajectory_executor"
        ),
        moved["effort_controller/commands"]: Wire("std_msgs/msg/Float64MultiArray", GUARD, ROBOT),
    }
    base_frame, pose_frame = config.frames(namespace)
    return Expectation(
        namespace=space,
        nodes=tuple(
            spec.name
            for spec in nodes
            if spec.name != BRIDGE and not spec.needs and (shared or not spec.shared)
        ),
        wires=wires,
        services=tuple(f"{space}{name}" for name in (*SERVICES, *common)),
        joints=_joints(task, config),
        rates={moved["joint_states"]: config.joint_states.rate}
        | dict.fromkeys(capture, config.motion_capture.rate),
        frames=dict.fromkeys(capture, pose_frame) | {f"{space}state": base_frame},
        task=task.name,
        identity=identity(task),
        period=task.dt,
        usual={topic: usual for usual, topic in moved.items()},
    )


SERVICES = ("reset", "trajectory_executor/execute_rollout/_action/send_goal")
LEARNING = ("cost_evaluator/evaluate_cost", "learner/train_local/_action/send_goal")
SERVING = ("policy_server/execute/_action/send_goal",)


def absolute(topic: str, space: str) -> str:
    """Return the full name of a topic in a namespace."""
    return topic if topic.startswith("/") else f"{space}{topic}"


def _joints(task: Task, config: RobotConfig) -> tuple[JointSpan, ...]:
    """Return names and bounds of the sensed joints; only actuated ones have bounds."""
    bounds = dict(zip(task.joints, task.position_limits.tolist(), strict=True))
    names = zip(task.sensed_joints, config.joint_names(task), strict=True)
    return tuple(
        JointSpan(joint, name, *bounds.get(joint, (-math.inf, math.inf))) for joint, name in names
    )
