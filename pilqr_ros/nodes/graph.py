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
from dataclasses import Field, dataclass, field, fields
from types import FrameType
from typing import Any

from pilqr_ros.nodes.exclusive import only_graph
from pilqr_ros.nodes.processes import Output, ProcessGroup

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
    viewer: bool = _option(False, "show the simulated world in a window")
    runs_directory: str = _option("runs", "where training runs are stored")
    namespace: str = _option("", "namespace of all nodes")
    log_level: str = _option("info", "least severity of what the nodes log", LOG_LEVELS)
    respawn: bool = _option(True, "start a node again that died")


@dataclass(frozen=True)
class NodeSpec:
    """A node of the graph: its executable, which is also its name, and the options it takes."""

    name: str
    options: tuple[str, ...]


NODES = (
    NodeSpec("mujoco_bridge", ("task", "real_time_factor", "viewer")),
    NodeSpec("effort_guard", ("task", "real_time_factor")),
    NodeSpec("state_estimator", ("task", "real_time_factor")),
    NodeSpec("trajectory_executor", ("task", "real_time_factor")),
    NodeSpec("cost_evaluator", ("task",)),
    NodeSpec("learner", ("task", "runs_directory")),
)


def options() -> tuple[Field[Any], ...]:
    """Return the options with their defaults, and description and choices as metadata."""
    return fields(GraphOptions)


def command(spec: NodeSpec, chosen: GraphOptions) -> list[str]:
    """Return the command line that starts a node."""
    arguments = [sys.executable, "-m", f"pilqr_ros.nodes.{spec.name}", "--ros-args"]
    arguments += ["--log-level", chosen.log_level]
    if chosen.namespace:
        arguments += ["-r", f"__ns:=/{chosen.namespace.strip('/')}"]
    for name in spec.options:
        arguments += ["-p", f"{name}:={json.dumps(getattr(chosen, name))}"]
    return arguments


def print_line(name: str, line: str) -> None:
    """Print a node's line with its name before it."""
    print(f"[{name}] {line}", flush=True)


@contextmanager
def running_graph(
    chosen: GraphOptions,
    on_output: Output = print_line,
    nodes: tuple[NodeSpec, ...] = NODES,
) -> Iterator[ProcessGroup]:
    """Run the graph's nodes, each as its own process, as long as the context lasts.

    Args:
        chosen: The options.
        on_output: Takes each line that a node prints.
        nodes: Which nodes to start.

    Raises:
        NodeError: Another graph is running in the same place.
    """
    commands = {spec.name: command(spec, chosen) for spec in nodes}
    group = ProcessGroup(commands, on_output, respawn=chosen.respawn)
    with only_graph(chosen.namespace), group:
        try:
            yield group
        finally:
            with _uninterrupted():
                group.stop()


def run_graph(chosen: GraphOptions) -> int:
    """Run the graph until Ctrl-C (returns 0) or until a node ends for good.

    Returns:
        The exit code of the node that ended first, as a shell tells it (128 + n for signal n).
    """
    # Explicitly: a shell starts background jobs with SIGINT ignored.
    previous = {number: signal.signal(number, _interrupt) for number in ENDING}
    try:
        with running_graph(chosen) as group:
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
