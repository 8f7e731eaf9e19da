"""A node's claim to its place: on this machine at once, and where the network is in use, there too.

Other machines are asked by a latched topic `~/claim`. A message of another process is a sign of its
life, for nobody but a living publisher delivers it; a killed one, which discovery remembers for a
while, is silent. Who has held its place longer goes on; the other one ends before it has begun.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import String

from pilqr_ros.graph.exclusive import held, is_local, refusal
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.ending import check_ending

SETTLING = 4.5
"""How long others on the network may contest a claim [s].

Mostly they are heard within 0.2 s; but where the first announcement of a process is lost, the next
one comes 3 s later."""

TURN = 0.05


@contextmanager
def claimed(name: str) -> Iterator[None]:
    """Hold the place of a node in the namespace that this process was given.

    Args:
        name: The node's executable.

    Raises:
        NodeError: Another process holds it; the message tells which.
    """
    helper = _helper(name)
    try:
        with held(name, helper.get_namespace()):
            if not is_local():
                _Claim(helper, name).settle()
            yield
    finally:
        helper.destroy_node()


def _helper(name: str) -> Node:
    """Return a hidden node with the namespace that this process was given, and little else."""
    own = f"_{name}_claim"
    return rclpy.create_node(
        own,
        cli_args=["--ros-args", "-r", f"__node:={own}"],
        enable_rosout=False,
        start_parameter_services=False,
        parameter_overrides=[Parameter("start_type_description_service", value=False)],
    )


class _Claim:
    """Tells the network who claims a place, and hears others who do."""

    def __init__(self, node: Node, name: str) -> None:
        """Tell the claim; it lasts as long as the node."""
        self._node, self._name = node, name
        self._own = {
            "id": uuid4().hex,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": time.time(),
            "stands": False,
        }
        self._contested = ""
        topic = f"{name}/claim"
        self._publisher = node.create_publisher(String, topic, qos.LATCHED)
        self._subscription = node.create_subscription(String, topic, self._hear, qos.LATCHED)
        self._tell()

    def settle(self) -> None:
        """Wait until others had the time to contest the claim.

        Raises:
            NodeError: Somebody else holds the place, or claimed it before.
        """
        executor = SingleThreadedExecutor()
        executor.add_node(self._node)
        end = time.monotonic() + SETTLING
        while time.monotonic() < end and not self._contested:
            check_ending()
            executor.spin_once(timeout_sec=TURN)
        executor.remove_node(self._node)
        executor.shutdown()
        if self._contested:
            raise refusal(self._name, self._node.get_namespace(), self._contested)
        self._own["stands"] = True
        self._tell()
        self._node.destroy_subscription(self._subscription)

    def _tell(self) -> None:
        self._publisher.publish(String(data=json.dumps(self._own)))

    def _hear(self, message: String) -> None:
        """Note a claim that goes before this one."""
        other = read_claim(message.data)
        if other is None:
            self._node.get_logger().warning("a claim that cannot be read is passed over", once=True)
        elif other["id"] != self._own["id"] and _rank(other) < _rank(self._own):
            since = f"{datetime.fromtimestamp(other['since']):%Y-%m-%d %H:%M:%S}"
            self._contested = f"process {other['pid']} on {other['host']} since {since}"


def read_claim(text: str) -> dict[str, Any] | None:
    """Return a claim from a message; None if it is none."""
    try:
        claim = json.loads(text)
        kinds = {name: type(claim[name]) for name in ("id", "host", "pid", "since", "stands")}
        datetime.fromtimestamp(claim["since"])
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None
    wanted = {"id": str, "host": str, "pid": int, "since": float, "stands": bool}
    return claim if kinds == wanted else None


def _rank(claim: dict[str, Any]) -> tuple[bool, float, str]:
    """Return which of two claims goes first: the lower rank."""
    return not claim["stands"], claim["since"], claim["id"]
