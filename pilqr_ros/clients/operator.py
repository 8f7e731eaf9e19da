"""A person's word to the node `robot_reset`, from a program that is no node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from rclpy.client import Client
from std_msgs.msg import String
from std_srvs.srv import Trigger

from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.waiting import wait_for

START_TIMEOUT = 10.0
"""Longest wait for the node to appear [s]."""

ANSWER_TIMEOUT = 10.0
"""Longest wait for its answer [s]."""

WHO = "robot_reset"


class Answer(NamedTuple):
    """Whether a confirmation was taken, and what the node says."""

    accepted: bool
    message: str


def confirm_reset(namespace: str = "", tell: Callable[[str], None] = print) -> Answer:
    """Tell what a reset asks for, and confirm that it was done.

    Args:
        namespace: Namespace of the nodes.
        tell: Takes what is asked for.

    Raises:
        NodeError: The node is not there; the message says where it was looked for.
        SilenceError: It does not answer.
    """
    with ClientNode("pilqr_operator", namespace) as client:
        requests: list[String] = []
        client.node.create_subscription(
            String, f"{WHO}/operator_request", requests.append, qos.LATCHED
        )
        confirm: Client[Any, Any] = client.node.create_client(Trigger, f"{WHO}/confirm")
        client.find(
            WHO,
            lambda: confirm.service_is_ready() and bool(requests),
            START_TIMEOUT,
            "it waits for a hand on an arm alone (hardware:=true)",
        )
        if requests[-1].data:
            tell(f"asked for: {requests[-1].data}")
        answer = wait_for(
            confirm.call_async(Trigger.Request()), ANSWER_TIMEOUT, WHO, "answer confirm"
        )
    return Answer(answer.success, answer.message)
