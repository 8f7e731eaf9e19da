"""A robot's file as parameters of nodes: each under the name that the nodes have for it."""

from __future__ import annotations

from pilqr_ros.robot.robot_config import RobotConfig
from pilqr_ros.tasks.task import Task

Value = float | str | list[float] | list[str]

_RESET_MARGIN = 10.0
"""What the learner waits for a reset beyond motion and operator [s]."""


def robot_parameters(config: RobotConfig, task: Task, namespace: str = "") -> dict[str, Value]:
    """Return the value of every parameter that a robot's file gives; empty lists are left out.

    Args:
        config: The file.
        task: Orders joints, and has the limits that the file leaves as they are.
        namespace: Namespace of the nodes, which is in the names of frames that the file leaves out.
    """
    capture, reset = config.motion_capture, config.reset
    base_frame, mocap_frame = config.frames(namespace)
    values: dict[str, Value] = {
        "base_frame": base_frame,
        "mocap_frame": mocap_frame,
        "mocap_xyz": list(capture.xyz),
        "mocap_rpy": list(capture.rpy),
        "robot_joints": config.joint_names(task) if config.joints else [],
        "torque_limits": _limits(config, task, "torque_limit"),
        "torque_rate_limits": _limits(config, task, "torque_rate_limit"),
        "command_timeout": config.effort.command_timeout,
        "sensor_rate": config.joint_states.rate,
        **reset.model_dump(),
        "reset_timeout": reset.deadline + reset.operator_timeout + _RESET_MARGIN,
    }
    return {name: value for name, value in values.items() if value != []}


def _limits(config: RobotConfig, task: Task, key: str) -> list[float]:
    """Return one limit of each joint, or nothing where the file has none."""
    own = {name: getattr(limits, key) for name, limits in config.limits.items()}
    if all(value is None for value in own.values()):
        return []
    limits = []
    for joint in task.file.joints:
        value = own.get(joint.name)
        limits.append(getattr(joint, key) if value is None else value)
    return limits
