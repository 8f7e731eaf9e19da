"""From the options to the command line of each node."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from typing import Any

from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.graph.naming import full_name
from pilqr_ros.graph.node_list import KNOWS_ROBOTS, NODES, NodeSpec
from pilqr_ros.graph.pins import Pins, pins_of
from pilqr_ros.graph.robot_names import ALONE
from pilqr_ros.graph.robot_wiring import Wiring, wired_robots
from pilqr_ros.runs.executed_task import load_executed_task

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
        robot: Name of the robot, if there are several and it is of one of them; else empty.
    """

    name: str
    parameters: dict[str, Any]
    remappings: dict[str, str]
    namespace: str = ""
    robot: str = ""

    @property
    def enclave(self) -> str:
        """The enclave of SROS2 that holds its keys: named as the node, with its namespace."""
        return full_name(self.namespace, self.name)

    @property
    def label(self) -> str:
        """What tells it from the graph's other nodes."""
        return f"{self.robot}/{self.name}" if self.robot else self.name

    @property
    def is_essential(self) -> bool:
        """Whether the graph ends with it: not if it is of one of several robots."""
        return not self.robot


def starts(chosen: GraphOptions, nodes: tuple[NodeSpec, ...] = NODES) -> tuple[NodeStart, ...]:
    """Return what is started for the options.

    Args:
        chosen: The options.
        nodes: Which nodes to choose from.

    Raises:
        ConfigError: The file of the task or the robot is not valid, or they do not fit.
        GraphError: There is no robot's file, and it is for hardware; or two robots are one.
        RunError: A policy is to be served that cannot be read.
    """
    if chosen.hardware:
        chosen = replace(chosen, **HARDWARE)
    # Here, so that a wrong file is told once and not by each node.
    task = load_executed_task(chosen.task)
    robots, pins = wired_robots(chosen, task), pins_of(chosen, task)
    return tuple(
        start
        for spec in nodes
        if (not spec.needs or getattr(chosen, spec.needs))
        and not (spec.unless and getattr(chosen, spec.unless))
        for start in _starts(spec, chosen, pins, robots)
    )


def _starts(
    spec: NodeSpec, chosen: GraphOptions, pins: Pins, robots: tuple[Wiring, ...]
) -> list[NodeStart]:
    """Return a node of each robot, or the one that they share."""
    if spec.shared:
        return [_shared(spec, chosen, pins, robots)]
    return [
        NodeStart(
            spec.name,
            _parameters(spec, chosen, pins, robot.parameters),
            robot.own_remappings(chosen.namespace),
            robot.namespace,
            robot.name,
        )
        for robot in robots
    ]


def _shared(
    spec: NodeSpec, chosen: GraphOptions, pins: Pins, robots: tuple[Wiring, ...]
) -> NodeStart:
    """Return the node that all robots share; it is as patient as the slowest of them needs."""
    given = [robot.parameters for robot in robots]
    slowest = {name: max(each[name] for each in given) for name in spec.robot if name in given[0]}
    parameters = _parameters(spec, chosen, pins, slowest)
    if spec.name in KNOWS_ROBOTS and chosen.robot_names != ALONE:
        parameters["robots"] = list(chosen.robot_names)
    remappings = {usual: topic for robot in robots for usual, topic in robot.seen_topics.items()}
    return NodeStart(spec.name, parameters, remappings, chosen.namespace)


def _parameters(
    spec: NodeSpec, chosen: GraphOptions, pins: Pins, robot: dict[str, Any]
) -> dict[str, Any]:
    """Return a node's parameters from the options, their pins and what a robot's file gives."""
    pinned = (pins.get(name, {}) for name in spec.options)
    return (
        {name: getattr(chosen, name) for name in spec.options}
        | {name: value for pin in pinned for name, value in pin.items()}
        | {name: robot[name] for name in spec.robot if name in robot}
        | dict(spec.fixed)
    )


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
    if start.namespace:
        arguments += ["-r", f"__ns:={full_name(start.namespace)}"]
    return arguments + ros_arguments(start, chosen.log_level)
