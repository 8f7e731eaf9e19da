"""Serving a trained policy: the graph without a learner, and a client that asks for rollouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.client import Client
from std_srvs.srv import Trigger

from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.graph import DEPLOYED, DeploymentOptions, running_graph
from pilqr_ros.nodes.runtime.waiting import wait_for, wait_for_condition

START_TIMEOUT = 60.0
"""Longest wait for the server [s]."""

ROLLOUT_TIMEOUT = 120.0
"""Longest wait for a rollout, its reset included [s]."""

WHO = "policy_server"


def execute(chosen: DeploymentOptions, times: int, on_answer: Callable[[bool, str], None]) -> None:
    """Start the nodes, execute a served policy a number of times, and end the nodes.

    Args:
        chosen: What is served.
        times: Number of rollouts.
        on_answer: Takes success and message of each.

    Raises:
        SilenceError: A node did not answer in time.
        NodeError: An emergency stop is latched, or the nodes are running already.
    """
    with (
        running_graph(chosen, nodes=DEPLOYED, needs_torque=True),
        ClientNode("deployer", chosen.namespace) as client,
    ):
        trigger: Client[Any, Any] = client.node.create_client(Trigger, f"{WHO}/execute")
        wait_for_condition(trigger.service_is_ready, START_TIMEOUT, WHO, "offer execute")
        for _ in range(times):
            answer = trigger.call_async(Trigger.Request())
            done: Trigger.Response = wait_for(answer, ROLLOUT_TIMEOUT, WHO, "end a rollout")
            on_answer(done.success, done.message)
