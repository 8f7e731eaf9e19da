"""Serving a trained policy: the graph without a learner, and a client that asks for rollouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.client import Client
from std_srvs.srv import Trigger

from pilqr_ros.clients.client_node import ClientNode, nobody
from pilqr_ros.clients.remote_parameters import read_parameter
from pilqr_ros.graph import DEPLOYED, DeploymentOptions, running_graph
from pilqr_ros.nodes.errors import NodeError, SilenceError
from pilqr_ros.nodes.runtime.waiting import wait_for, wait_for_condition

START_TIMEOUT = 60.0
"""Longest wait for the server [s]."""

ANSWER_TIMEOUT = 10.0
"""Longest wait for a parameter of it [s]."""

ROLLOUT_TIMEOUT = 120.0
"""Longest wait for a rollout once the start is reached [s]."""

WHO = "policy_server"

OnAnswer = Callable[[bool, str], None]


def execute(chosen: DeploymentOptions, times: int, on_answer: OnAnswer) -> None:
    """Start the nodes, execute a served policy a number of times, and end the nodes.

    Args:
        chosen: What is served.
        times: Number of rollouts.
        on_answer: Takes success and message of each.

    Raises:
        SilenceError: A node did not answer in time.
        NodeError: An emergency stop is latched, the nodes are running already, or it is for
            hardware, whose guard starts disabled.
    """
    if chosen.hardware:
        raise NodeError(
            "on hardware torque passes only after `pilqr guard enable`: leave out --times, look "
            "with `pilqr doctor --deployed`, enable, and then `pilqr execute`"
        )
    with running_graph(chosen, nodes=DEPLOYED, needs_torque=True):
        request(chosen.namespace, times, on_answer)


def request(
    namespace: str, times: int, on_answer: OnAnswer, seconds: float = START_TIMEOUT
) -> None:
    """Let a policy that is being served be executed a number of times.

    Args:
        namespace: Namespace of the nodes.
        times: Number of rollouts.
        on_answer: Takes success and message of each.
        seconds: How long the server is looked for [s].

    Raises:
        NodeError: It is not there; the message says where it was looked for.
        SilenceError: It did not answer in time.
    """
    with ClientNode("deployer", namespace) as client:
        trigger: Client[Any, Any] = client.node.create_client(Trigger, f"{WHO}/execute")
        try:
            wait_for_condition(trigger.service_is_ready, seconds, WHO, "offer execute")
        except SilenceError as error:
            start = "serve a policy with `pilqr deploy RUN`"
            raise NodeError(nobody(client.node, WHO, seconds, start)) from error
        reset = read_parameter(client.node, WHO, "reset_timeout", seconds, ANSWER_TIMEOUT)
        longest = reset.double_value + ROLLOUT_TIMEOUT
        for _ in range(times):
            asked = trigger.call_async(Trigger.Request())
            done: Trigger.Response = wait_for(asked, longest, WHO, "end a rollout")
            on_answer(done.success, done.message)
