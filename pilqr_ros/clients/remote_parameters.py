"""Reading a parameter of a running node."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters
from rclpy.client import Client
from rclpy.node import Node

from pilqr_ros.nodes.runtime.waiting import wait_for, wait_for_condition


def read_parameter(
    node: Node, who: str, name: str, start_timeout: float, answer_timeout: float
) -> ParameterValue:
    """Return a parameter of another node.

    Args:
        node: A node that another thread spins.
        who: The other node's name, in the same namespace.
        name: The parameter's name.
        start_timeout: Longest wait for the other node [s].
        answer_timeout: Longest wait for its answer [s].

    Raises:
        SilenceError: It is not there or did not answer.
    """
    service: Client[Any, Any] = node.create_client(GetParameters, f"{who}/get_parameters")
    request = GetParameters.Request(names=[name])
    try:
        wait_for_condition(service.service_is_ready, start_timeout, who, "offer parameters")
        answer = wait_for(service.call_async(request), answer_timeout, who, "tell parameters")
    finally:
        node.destroy_client(service)
    return answer.values[0]
