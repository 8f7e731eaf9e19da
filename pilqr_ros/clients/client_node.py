"""A node for programs that talk to nodes and are none themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from pilqr_ros.graph.discovery import limit_discovery
from pilqr_ros.graph.naming import check_namespace, full_name
from pilqr_ros.nodes.errors import NodeError, SilenceError
from pilqr_ros.nodes.runtime.waiting import wait_for_condition
from pilqr_ros.ros_domain import ros_domain

END_TIMEOUT = 5.0
"""Longest wait for the spinning thread's end [s]."""


class ClientNode:
    """A node that a thread of its own spins, in a context of its own; a context manager.

    Signals stay with the program. Its enclave of SROS2 is named as the node.

    Attributes:
        node: The node.
    """

    def __init__(self, name: str, namespace: str = "") -> None:
        """Create the node and start to spin it.

        Raises:
            GraphError: The namespace is none.
            DomainError: The environment gives no ROS domain.
        """
        check_namespace(namespace)
        limit_discovery()
        self._context = rclpy.Context()
        rclpy.init(
            args=["--ros-args", "--enclave", full_name(namespace, name)],
            context=self._context,
            signal_handler_options=rclpy.SignalHandlerOptions.NO,
        )
        self.node = rclpy.create_node(
            name, namespace=namespace, context=self._context, enable_rosout=False
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def __enter__(self) -> ClientNode:
        """Return this."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End thread and node."""
        self.close()

    def close(self) -> None:
        """End thread and node."""
        self._context.try_shutdown()
        self._thread.join(END_TIMEOUT)
        self._executor.shutdown()
        self.node.destroy_node()

    def find(self, who: str, is_there: Callable[[], bool], seconds: float, start: str) -> None:
        """Wait until a node is there.

        Args:
            who: Its name.
            is_there: Tells whether it is.
            seconds: Longest wait [s].
            start: How it is started.

        Raises:
            NodeError: It is not there; the message says where it was looked for, and what helps.
        """
        try:
            wait_for_condition(is_there, seconds, who, "appear")
        except SilenceError as error:
            raise NodeError(nobody(self.node, who, seconds, start)) from error

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()


def nobody(
    node: Node, who: str, seconds: float, start: str = "start the nodes with `pilqr up`"
) -> str:
    """Return that nodes are not there, where they were looked for, and what helps.

    Args:
        node: Who looked for them, in their namespace.
        who: Their names.
        seconds: How long they were looked for [s].
        start: How they are started.
    """
    where = f"in ROS domain {ros_domain()}, namespace '{node.get_namespace()}'"
    return (
        f"{where} there is no {who} within "
        f"{seconds:g} s: {start}, or look elsewhere (ROS_DOMAIN_ID, --namespace, --discovery)"
    )
