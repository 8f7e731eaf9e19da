"""Which task a running graph executes."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.srv import GetParameters
from rclpy.client import Client
from rclpy.node import Node

from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.runtime.waiting import wait_for, wait_for_condition
from pilqr_ros.robot.guard.interventions import GUARD

SEARCH_TIMEOUT = 30.0
"""Longest wait for the guard, which may be starting [s]."""

ANSWER_TIMEOUT = 10.0
"""Longest wait for its answer [s]."""


def executed_task(node: Node, robot: str = "") -> str:
    """Return name or path of the task that the graph's guard was started with.

    Args:
        node: It asks; another thread spins it.
        robot: Namespace of the guard, as seen from the node; empty: where it is.

    Raises:
        SilenceError: There is no guard, or it does not answer.
        NodeError: It has no task.
    """
    client: Client[Any, Any] = node.create_client(
        GetParameters, f"{robot}/{GUARD}/get_parameters" if robot else f"{GUARD}/get_parameters"
    )
    try:
        wait_for_condition(
            client.service_is_ready, SEARCH_TIMEOUT, GUARD, "appear: name the task, or start nodes"
        )
        request = GetParameters.Request(names=["task"])
        answer = wait_for(client.call_async(request), ANSWER_TIMEOUT, GUARD, "tell its task")
    finally:
        node.destroy_client(client)
    if not answer.values or not answer.values[0].string_value:
        raise NodeError(f"{GUARD} has no task: name one")
    return str(answer.values[0].string_value)
