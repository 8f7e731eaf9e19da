"""Switching the guard from outside: enable, disable, stop, reset."""

from __future__ import annotations

from typing import Any

from rclpy.client import Client
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.runtime.waiting import Patience, ask

PATIENCE = Patience(seconds=10.0)

DEEDS: dict[str, tuple[type, Any]] = {
    "enable": (SetBool, SetBool.Request(data=True)),
    "disable": (SetBool, SetBool.Request(data=False)),
    "stop": (Trigger, Trigger.Request()),
    "reset": (Trigger, Trigger.Request()),
}
SERVICES = {"enable": "enable", "disable": "enable", "stop": "estop", "reset": "reset_estop"}


class GuardSwitch:
    """Switches the guard through a node that another thread spins."""

    def __init__(self, node: Node) -> None:
        """Create the clients of its services."""
        self._clients: dict[str, Client[Any, Any]] = {
            deed: node.create_client(kind, f"effort_guard/{SERVICES[deed]}")
            for deed, (kind, _) in DEEDS.items()
        }

    def do(self, deed: str) -> str:
        """Do one of `DEEDS`, and return what the guard has to say about it; mostly nothing.

        Raises:
            NodeError: There is no such deed, the guard did not answer, or it refused.
        """
        if deed not in DEEDS:
            allowed = ", ".join(DEEDS)
            raise NodeError(f"{deed!r} is nothing to do with the guard; allowed: {allowed}")
        response = ask(self._clients[deed], DEEDS[deed][1], "effort_guard", PATIENCE)
        if not response.success:
            raise NodeError(f"effort_guard does not {deed}: {response.message}")
        return str(response.message)


def switch_guard(deed: str, namespace: str = "") -> str:
    """Do one of `DEEDS`, and return what the guard has to say about it; mostly nothing.

    Args:
        deed: Which.
        namespace: The guard's namespace.

    Raises:
        NodeError: There is no such deed, the guard did not answer, or it refused.
    """
    with ClientNode("pilqr_guard", namespace) as client:
        return GuardSwitch(client.node).do(deed)
