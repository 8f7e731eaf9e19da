"""What the nodes of a running graph do, as an SROS2 policy.

``python -m pilqr_ros.clients.access_policy FILE NODE...`` writes the policy of nodes that
run: do it again after a node has got a topic, and read the difference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from rclpy.action.graph import (
    get_action_client_names_and_types_by_node,
    get_action_server_names_and_types_by_node,
)
from rclpy.node import Node

from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.graph.naming import full_name
from pilqr_ros.graph.sros2_policy import Access, policy_text
from pilqr_ros.nodes.runtime.waiting import wait_for_condition

START_TIMEOUT = 10.0
"""Longest wait for the nodes to be discovered [s]."""


def observe(node: Node, name: str, namespace: str = "") -> Access:
    """Return what a node uses.

    Args:
        node: It asks.
        name: The node that is asked for.
        namespace: Where that one is.
    """
    place = name, full_name(namespace)
    return Access(
        publishes=_names(node.get_publisher_names_and_types_by_node, *place),
        subscribes=_names(node.get_subscriber_names_and_types_by_node, *place),
        serves=_names(node.get_service_names_and_types_by_node, *place),
        calls=_names(node.get_client_names_and_types_by_node, *place),
        executes=_names(get_action_server_names_and_types_by_node, node, *place),
        commands=_names(get_action_client_names_and_types_by_node, node, *place),
    )


def _names(
    ask: Callable[..., list[tuple[str, list[str]]]], *arguments: Node | str
) -> frozenset[str]:
    """Return the names that a question yields, but those that actions consist of."""
    return frozenset(name for name, _ in ask(*arguments) if "/_action/" not in name)


def main() -> None:
    """Write the policy of the nodes that are named."""
    path, *nodes = sys.argv[1:]
    with ClientNode("access_policy") as client:
        wait_for_condition(
            lambda: set(nodes) <= set(client.node.get_node_names()),
            START_TIMEOUT,
            "the graph",
            f"show {', '.join(nodes)}",
        )
        observed = {name: observe(client.node, name) for name in nodes}
        Path(path).write_text(policy_text(observed))


if __name__ == "__main__":
    main()
