"""How every node runs: start, spin, and a clean end with exit code 0 on SIGINT and SIGTERM."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from pilqr_ros.errors import PilqrError
from pilqr_ros.graph.discovery import limit_discovery
from pilqr_ros.graph.node_list import NAMES
from pilqr_ros.graph.respawning import CANNOT_START
from pilqr_ros.lifetime import follow_parent
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.runtime.claim import claimed
from pilqr_ros.nodes.runtime.ending import Ending, check_ending
from pilqr_ros.nodes.runtime.plain_logs import make_logs_plain

_OF_ARGUMENTS = ("Couldn't parse", "is not valid")
"""What ROS says of arguments: of a rule, a file of parameters, a name."""

_SOURCE_LINE = re.compile(r", at \S+:\d+")
"""Where in its source ROS found it."""


def run(
    *create: Callable[[], Node], executor: Callable[[], Executor] = SingleThreadedExecutor
) -> int:
    """Run nodes until they are told to end and return the process's exit code.

    However they end, each one's `destroy_node` is called while it can still publish.

    Args:
        create: Create the nodes.
        executor: Creates what spins them.
    """
    ending = Ending()
    try:
        follow_parent()
        limit_discovery()
        make_logs_plain()
        _start_ros()
        _spin(create, executor(), ending)
    except KeyboardInterrupt:
        return 0
    except PilqrError as error:
        print(f"{_program()}: {error}", file=sys.stderr)
        return CANNOT_START
    finally:
        _shut_down()
        ending.close()
    return 0


def _start_ros() -> None:
    """Start ROS with this process's arguments.

    Raises:
        NodeError: They cannot be read, or a file that they name cannot.
    """
    try:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    except rclpy_implementation.UnknownROSArgsError as error:
        raise NodeError(f"arguments that ROS does not know: {error}") from error
    except rclpy_implementation.RCLError as error:
        said = _SOURCE_LINE.sub("", str(error))
        if not any(one in said for one in _OF_ARGUMENTS):
            raise  # of the machine, which another try may find otherwise
        raise NodeError(said) from error


def _spin(create: Sequence[Callable[[], Node]], spinner: Executor, ending: Ending) -> None:
    """Create the nodes once their place is theirs, spin them, and take them down."""
    nodes: list[Node] = []
    claims = contextlib.ExitStack()
    try:
        if _program() in NAMES:
            claims.enter_context(claimed(_program()))
        for create_one in create:
            check_ending()
            nodes.append(create_one())
            spinner.add_node(nodes[-1])
        spinner.spin_until_future_complete(ending.asked)
    finally:
        for node in nodes:
            node.destroy_node()
        claims.close()
        # First: what still awaits something is thrown away next, and sees that all is over.
        _shut_down()
        spinner.shutdown(timeout_sec=1.0)


def _shut_down() -> None:
    """Shut ROS down, if that is still to be done."""
    # Handlers that it never installed it would replace by the default ones.
    rclpy.try_shutdown(uninstall_handlers=False)


def _program() -> str:
    """Return the name of this process's node."""
    return sys.argv[0].rpartition("/")[2].removesuffix(".py")
