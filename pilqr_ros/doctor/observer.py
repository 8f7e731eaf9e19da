"""Takes a snapshot of a running graph: listens for a few seconds and asks around."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable
from functools import partial
from importlib import metadata
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.srv import GetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo
from sensor_msgs.msg import JointState

from pilqr_msgs.msg import State
from pilqr_ros import __version__
from pilqr_ros.doctor.expectation import BRIDGE, Expectation
from pilqr_ros.doctor.snapshot import Endpoint, Endpoints, Joints, Snapshot, Status
from pilqr_ros.doctor.stream_log import StreamLog
from pilqr_ros.graph.discovery import PROFILES, VARIABLE, discovery_range, own_profiles
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import NANOSECONDS, to_nanoseconds
from pilqr_ros.ros_domain import ros_domain

START_TIMEOUT = 5.0
"""Longest wait for the graph's nodes to be discovered [s]."""

ANSWER_TIMEOUT = 5.0
"""Longest wait for a node's parameters [s]."""

POLL_PERIOD = 0.05
ASKED = ("task", "real_time_factor")
_KINDS = {kind.__name__: kind for kind in (JointState, PoseStamped, State)}


class Observer:
    """Listens to what a graph says; a thread of the caller's spins the node."""

    def __init__(self, node: Node, expected: Expectation) -> None:
        """Subscribe to what is looked at."""
        self._node, self._expected = node, expected
        self._joints: Joints | None = None
        self._statuses: dict[str, Status] = {}
        listened = {name: wire.kind.rpartition("/")[2] for name, wire in expected.wires.items()}
        self._logs = {name: StreamLog() for name, kind in listened.items() if kind in _KINDS}
        for name in self._logs:
            receive = partial(self._on_message, name)
            node.create_subscription(_KINDS[listened[name]], name, receive, qos.SENSOR)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_status, qos.RECORD)

    def observe(self, seconds: float) -> Snapshot:
        """Wait for the nodes, listen, ask, and return what was seen.

        Args:
            seconds: How long is listened [s].
        """
        self._await_nodes()
        for log in self._logs.values():
            log.start(time.time())
        answers = self._ask(sorted(set(self._ours())))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(POLL_PERIOD)
        streams = {name: log.stream(time.time()) for name, log in self._logs.items()}
        told, silent = self._collect(answers)
        return Snapshot(
            nodes=self._nodes(),
            topics={name: self._topic(name) for name in self._expected.wires},
            services=frozenset(name for name, _ in self._node.get_service_names_and_types()),
            streams=streams,
            joints=self._joints,
            statuses=tuple(self._statuses.values()),
            parameters=told,
            silent=silent,
            environment=_environment(),
        )

    def _on_message(self, name: str, message: Any) -> None:  # noqa: ANN401
        if isinstance(message, JointState) and not self._take_joints(message):
            return
        stamp = to_nanoseconds(message.header.stamp) / NANOSECONDS
        self._logs[name].add(time.time(), stamp, message.header.frame_id)

    def _take_joints(self, message: JointState) -> bool:
        """Keep a joint state and tell whether it is the arm's: other devices may tell theirs."""
        own = any(joint.name in message.name for joint in self._expected.joints)
        if own or self._joints is None:
            self._joints = Joints(
                tuple(message.name), tuple(message.position), tuple(message.velocity)
            )
        return own

    def _on_status(self, message: DiagnosticArray) -> None:
        for status in message.status:
            node, _, thing = status.name.partition(": ")
            level = int.from_bytes(status.level, "little")
            if status.hardware_id.startswith(self._expected.namespace):
                self._statuses[status.name] = Status(node, thing, level, status.message)

    def _await_nodes(self) -> None:
        """Wait until every expected node is discovered; the checks tell which are not."""
        wanted = {f"{self._expected.namespace}{name}" for name in self._expected.nodes}
        deadline = time.monotonic() + START_TIMEOUT
        while not wanted <= set(self._nodes()) and time.monotonic() < deadline:
            time.sleep(POLL_PERIOD)

    def _nodes(self) -> tuple[str, ...]:
        found = self._node.get_node_names_and_namespaces()
        return tuple(f"{space.rstrip('/')}/{name}" for name, space in found)

    def _ours(self) -> Iterable[str]:
        """Return the names of the graph's nodes that are there."""
        known = {f"{self._expected.namespace}{name}" for name in (*self._expected.nodes, BRIDGE)}
        return (name for name in self._nodes() if name in known)

    def _ask(self, nodes: list[str]) -> dict[str, tuple[Client, Any]]:
        """Ask nodes for their parameters; the answers come later."""
        answers = {}
        for name in nodes:
            client: Client[Any, Any] = self._node.create_client(
                GetParameters, f"{name}/get_parameters"
            )
            client.wait_for_service(START_TIMEOUT / max(1, len(nodes)))
            answers[name] = client, client.call_async(GetParameters.Request(names=list(ASKED)))
        return answers

    def _collect(
        self, answers: dict[str, tuple[Client, Any]]
    ) -> tuple[dict[str, dict[str, object]], tuple[str, ...]]:
        """Return the parameters that nodes told, and the nodes that did not answer in time."""
        deadline = time.monotonic() + ANSWER_TIMEOUT
        told: dict[str, dict[str, object]] = {}
        for name, (client, future) in answers.items():
            while not future.done() and time.monotonic() < deadline:
                time.sleep(POLL_PERIOD)
            if future.done():
                told[name.rpartition("/")[2]] = _values(future.result().values)
            self._node.destroy_client(client)
        return told, tuple(name for name in answers if name.rpartition("/")[2] not in told)

    def _topic(self, name: str) -> Endpoints:
        """Return both ends of a topic, without this node's own subscription."""
        own = self._node.get_fully_qualified_name()
        listening = map(_endpoint, self._node.get_subscriptions_info_by_topic(name))
        return Endpoints(
            tuple(map(_endpoint, self._node.get_publishers_info_by_topic(name))),
            tuple(end for end in listening if end.node != own),
        )


def _values(values: Iterable[Any]) -> dict[str, object]:
    """Return the values of the parameters that a node has."""
    plain = zip(ASKED, map(parameter_value_to_python, values), strict=False)
    return {name: value for name, value in plain if value is not None}


def _endpoint(info: TopicEndpointInfo) -> Endpoint:
    profile = info.qos_profile
    return Endpoint(
        node=f"{info.node_namespace.rstrip('/')}/{info.node_name}",
        kind=info.topic_type,
        reliable=profile.reliability == ReliabilityPolicy.RELIABLE,
        latched=profile.durability == DurabilityPolicy.TRANSIENT_LOCAL,
    )


def _environment() -> dict[str, str]:
    """Return settings and versions."""
    return {
        VARIABLE: discovery_range(),
        PROFILES[0]: own_profiles(),
        "ROS domain": str(ros_domain()),
        "ROS": os.environ.get("ROS_DISTRO", "without a distribution"),
        "middleware": rclpy.get_rmw_implementation_identifier(),
        "Python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "mujoco": metadata.version("mujoco"),
        "pilqr_ros": __version__,
    }
