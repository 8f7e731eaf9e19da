"""Running the graph's nodes as long as a program wants them, or until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pilqr_ros.graph.companion import live_page
from pilqr_ros.graph.discovery import describe_reach, limit_discovery
from pilqr_ros.graph.exclusive import check_free
from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.graph.guard_record import prepare_guard
from pilqr_ros.graph.node_list import NODES, NodeSpec
from pilqr_ros.graph.processes import Output, ProcessGroup
from pilqr_ros.graph.starting import command, starts
from pilqr_ros.lifetime import ENDING


def print_line(name: str, line: str) -> None:
    """Print a node's line with its name before it."""
    print(f"[{name}] {line}", flush=True)


@contextmanager
def running_graph(
    chosen: GraphOptions,
    on_output: Output = print_line,
    nodes: tuple[NodeSpec, ...] = NODES,
    *,
    needs_torque: bool = False,
) -> Iterator[ProcessGroup]:
    """Run the graph's nodes, each as its own process, as long as the context lasts.

    Args:
        chosen: The options.
        on_output: Takes each line that a node prints.
        nodes: Which nodes to start.
        needs_torque: Whether they are started for rollouts only, and not at all while the guard
            would be stopped.

    Raises:
        GraphError: One of them is running in the same place already, or an emergency stop is
            latched and torque is needed.
    """
    limit_discovery(chosen.discovery)
    started = starts(chosen, nodes)
    commands = {start.label: command(start, chosen) for start in started}
    spare = frozenset(start.label for start in started if not start.is_essential)
    group = ProcessGroup(commands, on_output, respawn=chosen.respawn, spare=spare)
    for start in started:
        check_free([start.name], start.namespace)
    names = [start.name for start in started]
    prepare_guard(chosen, names, on_output, needs_torque=needs_torque)
    with live_page(chosen, on_output), group:
        try:
            yield group
        finally:
            with _uninterrupted():
                group.stop()


def run_graph(chosen: GraphOptions, nodes: tuple[NodeSpec, ...] = NODES) -> int:
    """Run the graph until Ctrl-C (returns 0) or until a node ends for good.

    Args:
        chosen: The options.
        nodes: Which nodes to start.

    Returns:
        The exit code of the node that ended first, as a shell tells it (128 + n for signal n).
    """
    # Explicitly: a shell starts background jobs with SIGINT ignored.
    previous = {number: signal.signal(number, _interrupt) for number in ENDING}
    try:
        with running_graph(chosen, nodes=nodes) as group:
            print(describe_reach())
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
