"""The live page beside the nodes: a process of its own, whose end ends nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.graph.processes import Output, ProcessGroup

NAME = "dashboard"
"""The option that asks for it, the command that it is, and what its lines are marked with."""


def page_command(chosen: GraphOptions) -> list[str]:
    """Return the command line of the live page of a graph."""
    command = [sys.executable, "-m", "pilqr_ros.cli", NAME, chosen.task]
    command += ["--namespace", chosen.namespace, "--discovery", chosen.discovery]
    return [*command, "--robots", chosen.robots] if chosen.robots else command


@contextmanager
def live_page(chosen: GraphOptions, on_output: Output) -> Iterator[None]:
    """Serve the live page of a graph as long as the context lasts, if it is asked for.

    Args:
        chosen: The graph's options.
        on_output: Takes each line that it prints: where it is served, among them.
    """
    if not chosen.dashboard:
        yield
        return
    with ProcessGroup({NAME: page_command(chosen)}, on_output, respawn=True):
        yield
