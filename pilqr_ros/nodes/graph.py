"""The one list of nodes and options: for the launch file, `pilqr up` and `pilqr train`.

Nothing here imports ROS, so that the list can be read without starting any of it.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import Field, dataclass, field, fields, replace
from types import FrameType
from typing import Any

from pilqr_ros.nodes.discovery import AUTO, RANGES, limit_discovery
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.exclusive import only_graph
from pilqr_ros.nodes.processes import Output, ProcessGroup
from pilqr_ros.robot.robot_config import load_robot_config
from pilqr_ros.robot.robot_parameters import robot_parameters
from pilqr_ros.tasks import load_task

ENDING = (signal.SIGINT, signal.SIGTERM)
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


def _option(default: Any, description: str, choices: tuple[str, ...] | None = None) -> Any:  # noqa: ANN401
    """Return a dataclass field for an option of the graph."""
    return field(default=default, metadata={"description": description, "choices": choices})


@dataclass(frozen=True)
class GraphOptions:
    """What can be chosen when the graph is started."""

    task: str = _option("hockey", "name of a task, or path of a task file")
    real_time_factor: float = _option(
        0.0, "simulated seconds a second; 0: in lock-step, as fast as the graph goes"
    )
    hardware: bool = _option(
        False, "start everything but the simulated robot, for the one that robot_config describes"
    )
    robot_config: str = _option("", "name of a robot's file, or its path; empty: the usual names")
    discovery: str = _option(
        AUTO, "whose nodes are found: localhost, subnet, or as the environment says", RANGES
    )
    start_enabled: bool = _option(
        True, "let torques pass from the start, without effort_guard's service ~/enable"
    )
    viewer: bool = _option(False, "show the simulated world in a window")
    record: bool = _option(True, "record what the nodes say during each run in a bag")
    runs_directory: str = _option("runs", "where training runs are stored")
    namespace: str = _option("", "namespace of all nodes")
    log_level: str = _option("info", "least severity of what the nodes log", LOG_LEVELS)
    respawn: bool = _option(True, "start a node again that died")


@dataclass(frozen=True)
class DeploymentOptions(GraphOptions):
    """What can be chosen when a trained policy is served."""

    run: str = _option("", "directory of the run whose policy is served")
    policy: str = _option("best", "which one: best, local or global", ("best", "local", "global"))
    condition: str = _option("", "name of the condition; empty: the first trained one")


@dataclass(frozen=True)
class NodeSpec:
    """A node of the graph.

    Attributes:
        name: Its executable, which is also its name.
        options: The options that it takes.
        robot: The parameters that it takes from the robot's file, if one is given.
        fixed: Parameters that leave no choice.
        needs: The option without which it is not started; empty if there is none.
        unless: The option with which it is not started; empty if there is none.
    """

    name: str
    options: tuple[str, ...]
    robot: tuple[str, ...] = ()
    fixed: tuple[tuple[str, Any], ...] = ()
    needs: str = ""
    unless: str = ""


@dataclass(frozen=True)
class NodeStart:
    """What a node is started with.

    Attributes:
        name: Its executable.
        parameters: Values by name.
        remappings: Names of topics on the robot by their usual ones.
    """

    name: str
    parameters: dict[str, Any]
    remappings: dict[str, str]


MOTION_CAPTURE = ("base_frame", "mocap_frame", "mocap_xyz", "mocap_rpy")

RESET_MOTION = (
    "max_speed",
    "frequency",
    "damping_ratio",
    "tracking_error",
    "settle_time",
    "deadline",
    "operator_timeout",
)

NODES = (
    NodeSpec(
        "mujoco_bridge",
        ("task", "real_time_factor", "viewer"),
        robot=("command_timeout", "robot_joints", "sensor_rate", *MOTION_CAPTURE),
        unless="hardware",
    ),
    NodeSpec(
        "effort_guard",
        ("task", "real_time_factor", "start_enabled", "hardware"),
        robot=("command_timeout", "robot_joints", "torque_limits", "torque_rate_limits"),
    ),
    NodeSpec(
        "state_estimator", ("task", "real_time_factor"), robot=("robot_joints", *MOTION_CAPTURE)
    ),
    NodeSpec("trajectory_executor", ("task", "real_time_factor", "hardware")),
    NodeSpec("cost_evaluator", ("task",)),
    NodeSpec("robot_reset", ("task", "real_time_factor"), robot=RESET_MOTION, needs="hardware"),
    NodeSpec("recorder", ("task",), needs="record"),
    NodeSpec("learner", ("task", "runs_directory", "record"), robot=("reset_timeout",)),
)

SIMULATED_ROBOT = (replace(NODES[0], fixed=(("offer_reset", False),)),)
"""What stands in for a real robot when the nodes for hardware are tried."""

HARDWARE: dict[str, Any] = {"real_time_factor": 1.0, "start_enabled": False}
"""What a real robot leaves no choice of."""


LEARNING = ("cost_evaluator", "learner")
"""The nodes that only learning needs."""

SERVER = NodeSpec("policy_server", ("task", "run", "policy", "condition"))
"""The node that serves a trained policy in their place."""

DEPLOYED = (*(spec for spec in NODES if spec.name not in LEARNING), SERVER)
"""What runs when a trained policy is served."""


def options() -> tuple[Field[Any], ...]:
    """Return the options with their defaults, and description and choices as metadata."""
    return fields(GraphOptions)


def read_option(option: Field[Any], text: str) -> Any:  # noqa: ANN401
    """Return the value of an option that is given as text.

    Raises:
        NodeError: It is of another type.
    """
    kind = type(option.default)
    try:
        return {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        allowed = "true or false" if kind is bool else f"a {kind.__name__}"
        raise NodeError(f"{option.name} is {text!r}, allowed is {allowed}") from error


def starts(chosen: GraphOptions, nodes: tuple[NodeSpec, ...] = NODES) -> tuple[NodeStart, ...]:
    """Return what is started for the options.

    Args:
        chosen: The options.
        nodes: Which nodes to choose from.

    Raises:
        ConfigError: The robot's file is not valid or does not fit the task.
        NodeError: There is none, and it is for hardware.
    """
    if chosen.hardware:
        chosen = replace(chosen, **HARDWARE)
    parameters, remappings = _robot(chosen)
    return tuple(
        NodeStart(
            spec.name,
            {name: getattr(chosen, name) for name in spec.options}
            | {name: parameters[name] for name in spec.robot if name in parameters}
            | dict(spec.fixed),
            remappings,
        )
        for spec in nodes
        if (not spec.needs or getattr(chosen, spec.needs))
        and not (spec.unless and getattr(chosen, spec.unless))
    )


def _robot(chosen: GraphOptions) -> tuple[dict[str, Any], dict[str, str]]:
    """Return parameters and topics that the robot's file gives."""
    if not chosen.robot_config:
        if chosen.hardware:
            raise NodeError("hardware needs robot_config, the name or path of the robot's file")
        return {}, {}
    task = load_task(chosen.task)
    config = load_robot_config(chosen.robot_config, task)
    parameters: dict[str, Any] = dict(robot_parameters(config, task))
    if not chosen.hardware:  # the simulation resets itself
        del parameters["reset_timeout"]
    if chosen.real_time_factor == 0.0:  # in lock-step the world waits for commands
        del parameters["command_timeout"]
    usual = {name: topic for name, topic in config.topics(task).items() if name != topic}
    return parameters, usual


def ros_arguments(start: NodeStart, log_level: str) -> list[str]:
    """Return a node's arguments after ``--ros-args``."""
    arguments = ["--log-level", log_level, "--enclave", f"/{start.name}"]
    for name, value in start.parameters.items():
        arguments += ["-p", f"{name}:={json.dumps(value)}"]
    for usual, topic in start.remappings.items():
        arguments += ["-r", f"{usual}:={topic}"]
    return arguments


def command(start: NodeStart, chosen: GraphOptions) -> list[str]:
    """Return the command line that starts a node."""
    arguments = [sys.executable, "-m", f"pilqr_ros.nodes.{start.name}", "--ros-args"]
    if chosen.namespace:
        arguments += ["-r", f"__ns:=/{chosen.namespace.strip('/')}"]
    return arguments + ros_arguments(start, chosen.log_level)


def print_line(name: str, line: str) -> None:
    """Print a node's line with its name before it."""
    print(f"[{name}] {line}", flush=True)


@contextmanager
def running_graph(
    chosen: GraphOptions,
    on_output: Output = print_line,
    nodes: tuple[NodeSpec, ...] = NODES,
    part: str = "graph",
) -> Iterator[ProcessGroup]:
    """Run the graph's nodes, each as its own process, as long as the context lasts.

    Args:
        chosen: The options.
        on_output: Takes each line that a node prints.
        nodes: Which nodes to start.
        part: What they are; one of each may run in a place.

    Raises:
        NodeError: Another graph is running in the same place.
    """
    limit_discovery(chosen.discovery)
    commands = {start.name: command(start, chosen) for start in starts(chosen, nodes)}
    group = ProcessGroup(commands, on_output, respawn=chosen.respawn)
    with only_graph(chosen.namespace, part), group:
        try:
            yield group
        finally:
            with _uninterrupted():
                group.stop()


def run_graph(
    chosen: GraphOptions, nodes: tuple[NodeSpec, ...] = NODES, part: str = "graph"
) -> int:
    """Run the graph until Ctrl-C (returns 0) or until a node ends for good.

    Args:
        chosen: The options.
        nodes: Which nodes to start.
        part: What they are, of all that may run in one place.

    Returns:
        The exit code of the node that ended first, as a shell tells it (128 + n for signal n).
    """
    # Explicitly: a shell starts background jobs with SIGINT ignored.
    previous = {number: signal.signal(number, _interrupt) for number in ENDING}
    try:
        with running_graph(chosen, nodes=nodes, part=part) as group:
            print(f"started {', '.join(group.pids)}; Ctrl-C ends them", flush=True)
            code = group.wait()
            ended = group.first_ended()
            if ended is not None:
                print(f"{ended.name} ended with code {code}; ending the others", flush=True)
            return code if code >= 0 else 128 - code
    except KeyboardInterrupt:
        return 0
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no further Ctrl-C break off the clean-up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
