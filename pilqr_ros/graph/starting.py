"""From the options to the command line of each node."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from typing import Any

from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.graph.naming import full_name
from pilqr_ros.graph.node_list import NODES, NodeSpec
from pilqr_ros.robot.robot_config import load_robot_config
from pilqr_ros.robot.robot_parameters import robot_parameters
from pilqr_ros.tasks import Task, load_task
from pilqr_ros.tasks.digest import digest

HARDWARE: dict[str, Any] = {"real_time_factor": 1.0, "start_enabled": False}
"""What a real robot leaves no choice of."""


@dataclass(frozen=True)
class NodeStart:
    """What a node is started with.

    Attributes:
        name: Its executable.
        parameters: Values by name.
        remappings: Names of topics on the robot by their usual ones.
        namespace: Where it is.
    """

    name: str
    parameters: dict[str, Any]
    remappings: dict[str, str]
    namespace: str = ""

    @property
    def enclave(self) -> str:
        """The enclave of SROS2 that holds its keys: named as the node, with its namespace."""
        return full_name(self.namespace, self.name)


def starts(chosen: GraphOptions, nodes: tuple[NodeSpec, ...] = NODES) -> tuple[NodeStart, ...]:
    """Return what is started for the options.

    Args:
        chosen: The options.
        nodes: Which nodes to choose from.

    Raises:
        ConfigError: The file of the task or the robot is not valid, or they do not fit.
        GraphError: There is no robot's file, and it is for hardware.
    """
    if chosen.hardware:
        chosen = replace(chosen, **HARDWARE)
    # Here, so that a wrong file is told once and not by each node.
    task = load_task(chosen.task)
    parameters, remappings = _robot(chosen, task)
    of_task = {"task_digest": digest(task)}
    return tuple(
        NodeStart(
            spec.name,
            {name: getattr(chosen, name) for name in spec.options}
            | (of_task if "task" in spec.options else {})
            | {name: parameters[name] for name in spec.robot if name in parameters}
            | dict(spec.fixed),
            remappings,
            chosen.namespace,
        )
        for spec in nodes
        if (not spec.needs or getattr(chosen, spec.needs))
        and not (spec.unless and getattr(chosen, spec.unless))
    )


def _robot(chosen: GraphOptions, task: Task) -> tuple[dict[str, Any], dict[str, str]]:
    """Return parameters and topics that the robot's file gives."""
    if not chosen.robot_config:
        if chosen.hardware:
            raise GraphError("hardware needs robot_config, the name or path of the robot's file")
        return {}, {}
    config = load_robot_config(chosen.robot_config, task)
    parameters: dict[str, Any] = dict(robot_parameters(config, task, chosen.namespace))
    if not chosen.hardware:  # the simulation resets itself
        del parameters["reset_timeout"]
    if chosen.real_time_factor == 0.0:  # in lock-step the world waits for commands
        del parameters["command_timeout"]
    usual = {name: topic for name, topic in config.topics(task).items() if name != topic}
    return parameters, usual


def ros_arguments(start: NodeStart, log_level: str) -> list[str]:
    """Return a node's arguments after ``--ros-args``."""
    arguments = ["--log-level", log_level, "--enclave", start.enclave]
    for name, value in start.parameters.items():
        arguments += ["-p", f"{name}:={json.dumps(value)}"]
    for usual, topic in start.remappings.items():
        arguments += ["-r", f"{usual}:={topic}"]
    return arguments


def command(start: NodeStart, chosen: GraphOptions) -> list[str]:
    """Return the command line that starts a node."""
    arguments = [sys.executable, "-m", f"pilqr_ros.nodes.{start.name}", "--ros-args"]
    if chosen.namespace:
        arguments += ["-r", f"__ns:={full_name(chosen.namespace)}"]
    return arguments + ros_arguments(start, chosen.log_level)
