"""Switching the guard from outside: enable, disable, stop, reset."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from rclpy.client import Client
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from pilqr_ros.clients.client_node import ClientNode, nobody
from pilqr_ros.graph.exclusive import holder
from pilqr_ros.graph.guard_record import reset_record, stop_record
from pilqr_ros.nodes.errors import NodeError, SilenceError
from pilqr_ros.nodes.runtime.waiting import Patience, ask, wait_for_condition
from pilqr_ros.robot.guard.interventions import GUARD

PATIENCE = Patience(seconds=10.0)

SEARCH_TIMEOUT = 4.5
"""How long a guard of another machine is looked for [s]: where the first announcement of a process
is lost, the next one comes 3 s later."""

ACTIONS: dict[str, tuple[type, Any]] = {
    "enable": (SetBool, SetBool.Request(data=True)),
    "disable": (SetBool, SetBool.Request(data=False)),
    "stop": (Trigger, Trigger.Request()),
    "reset": (Trigger, Trigger.Request()),
}
SERVICES = {"enable": "enable", "disable": "enable", "stop": "estop", "reset": "reset_estop"}

FOR_THE_NEXT = {"stop": stop_record, "reset": reset_record}
"""What can be done where no guard runs."""


class GuardSwitch:
    """Switches the guard through a node that another thread spins."""

    def __init__(self, node: Node, robot: str = "") -> None:
        """Create the clients of its services.

        Args:
            node: The node.
            robot: Namespace of the guard, as seen from the node; empty: where it is.
        """
        self._node = node
        guard = f"{robot}/{GUARD}" if robot else GUARD
        self._clients: dict[str, Client[Any, Any]] = {
            action: node.create_client(kind, f"{guard}/{SERVICES[action]}")
            for action, (kind, _) in ACTIONS.items()
        }

    def found(self, seconds: float) -> bool:
        """Wait for a guard, on this machine or another, and tell whether one offers its services.

        Args:
            seconds: Longest wait [s].
        """
        ready = self._clients["reset"].service_is_ready
        with suppress(SilenceError):
            wait_for_condition(ready, seconds, GUARD, "offer its services")
        return bool(ready())

    def missing(self, seconds: float) -> NodeError:
        """Return the error that no guard was found within so long [s]."""
        return NodeError(nobody(self._node, GUARD, seconds))

    def do(self, action: str) -> str:
        """Do one of `ACTIONS`, and return the state that the guard is in now, in one line.

        Raises:
            NodeError: There is no such action, the guard did not answer, or it refused.
        """
        _check(action)
        response = ask(self._clients[action], ACTIONS[action][1], GUARD, PATIENCE)
        if not response.success:
            raise NodeError(f"{GUARD} does not {action}: {response.message}")
        return str(response.message)


def switch_guard(action: str, namespace: str = "") -> str:
    """Do one of `ACTIONS` (see `switch_through`), from a program that has no node."""
    with ClientNode("pilqr_guard", namespace) as client:
        return switch_through(GuardSwitch(client.node), action, namespace)


def switch_through(switch: GuardSwitch, action: str, namespace: str = "") -> str:
    """Do one of `ACTIONS`, and return the state that the guard is in now, in one line.

    A stop and a reset are also possible while no guard runs: they are for the next one then, and
    the line says so.

    Args:
        switch: What is switched.
        action: Which.
        namespace: The guard's namespace.

    Raises:
        NodeError: There is no such action or no guard, or it did not answer, or it refused.
    """
    _check(action)
    if not holder(GUARD, namespace) and not switch.found(SEARCH_TIMEOUT):
        if action not in FOR_THE_NEXT:
            raise switch.missing(SEARCH_TIMEOUT)
        return FOR_THE_NEXT[action](namespace)
    return f"{GUARD}: {switch.do(action)}"


def _check(action: str) -> None:
    if action not in ACTIONS:
        allowed = ", ".join(ACTIONS)
        raise NodeError(f"{action!r} is nothing to do with the guard; allowed: {allowed}")
