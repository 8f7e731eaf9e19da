"""A robot's file as parameters of nodes: each under the name that the nodes have for it."""

from __future__ import annotations

from pilqr_ros.robot.robot_config import RobotConfig
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.typing import Array

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
        "torque_limits": _limits(config.own_limits("torque_limit"), task, task.torque_limits),
        "torque_rate_limits": _limits(
            config.own_limits("torque_rate_limit"), task, task.torque_rate_limits
        ),
        "command_timeout": config.effort.command_timeout,
        "sensor_rate": config.joint_states.rate,
        **reset.model_dump(),
        "reset_timeout": reset.deadline + reset.operator_timeout + _RESET_MARGIN,
    }
    return {name: value for name, value in values.items() if value != []}


def _limits(own: dict[str, float], task: Task, allowed: Array) -> list[float]:
    """Return one limit of each joint, or nothing where the file has none."""
    if len(own) == 0:
        return []
    usual = zip(task.joints, allowed.tolist(), strict=True)
    return [own.get(joint, limit) for joint, limit in usual]
