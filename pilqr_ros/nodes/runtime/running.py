"""How every node runs: start, spin, and a clean end with exit code 0 on Ctrl-C."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

import rclpy
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from pilqr_ros.errors import PilqrError
from pilqr_ros.nodes.graph.discovery import limit_discovery
from pilqr_ros.nodes.graph.processes import FOLLOW_PARENT, allow_interruption
from pilqr_ros.nodes.runtime.plain_logs import make_logs_plain

PR_SET_PDEATHSIG = 1
"""Linux: a signal of choice is sent to this process when its parent ends."""


_interrupted = threading.Event()


def run(
    *create: Callable[[], Node], executor: Callable[[], Executor] = SingleThreadedExecutor
) -> int:
    """Run nodes until they are interrupted and return the process's exit code.

    Args:
        create: Create the nodes.
        executor: Creates what spins them.
    """
    signal.signal(signal.SIGINT, _interrupt_once)
    try:
        allow_interruption()
        _follow_parent()
        limit_discovery()
        make_logs_plain()
        rclpy.init()
        _spin(create, executor)
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except PilqrError as error:
        print(f"{_program()}: {error}", file=sys.stderr)
        return 2
    except Exception:
        # An interruption within a call into C++ can come out as another error.
        if not _interrupted.is_set():
            raise
    finally:
        rclpy.try_shutdown()
        # The interpreter's end restores the default for handlers written in Python, but not this.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return 0


def _spin(create: Sequence[Callable[[], Node]], executor: Callable[[], Executor]) -> None:
    """Create the nodes, spin them, and take them down."""
    nodes: list[Node] = []
    spinner = executor()
    try:
        for create_one in create:
            nodes.append(create_one())
            spinner.add_node(nodes[-1])
        spinner.spin()
    finally:
        for node in nodes:
            node.destroy_node()
        spinner.shutdown(timeout_sec=1.0)


def _follow_parent() -> None:
    """End when the process that started the graph ends, however it does."""
    parent = os.environ.get(FOLLOW_PARENT)
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != int(parent):
        raise SystemExit(0)


def _interrupt_once(_signal: int, _frame: FrameType | None) -> None:
    """Interrupt; a second one, sent by a launcher and the terminal at once, is ignored."""
    signal.signal(signal.SIGINT, _ignore)
    _interrupted.set()
    raise KeyboardInterrupt


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing: the end is under way."""


def _program() -> str:
    """Return the name of this process's node."""
    return sys.argv[0].rpartition("/")[2].removesuffix(".py")
