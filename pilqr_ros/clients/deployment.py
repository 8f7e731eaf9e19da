"""Serving a trained policy: the graph without a learner, and a client that asks for rollouts."""

from __future__ import annotations

from collections.abc import Callable

from pilqr_msgs.action import ExecutePolicy
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.clients.goal_client import Cancelling, GoalClient
from pilqr_ros.graph import DEPLOYED, DeploymentOptions, running_graph
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.runtime.action_client import ActionClient

START_TIMEOUT = 60.0
"""Longest wait for the server [s]."""

WHO = "policy_server"

OnAnswer = Callable[[ExecutePolicy.Result], None]


def execute(chosen: DeploymentOptions, times: int, on_answer: OnAnswer) -> None:
    """Start the nodes, execute a served policy a number of times, and end the nodes.

    Args:
        chosen: What is served.
        times: Number of rollouts.
        on_answer: Takes the result of each.

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
        on_answer: Takes the result of each.
        seconds: How long the server is looked for [s].

    Raises:
        NodeError: It is not there; the message says where it was looked for.
        RefusedError: It does not execute now; the message says why.
        GoalLost: It fell silent.
    """
    with ClientNode("deployer", namespace) as client:
        goals = GoalClient(client.node, WHO)
        action = ActionClient(client.node, ExecutePolicy, f"{WHO}/execute")
        start = "serve a policy with `pilqr deploy RUN`"
        client.find(WHO, action.server_is_ready, seconds, start)
        for _ in range(times):
            on_answer(goals.run(action, ExecutePolicy.Goal(), lambda _feedback: None, seconds))


def stop(namespace: str, seconds: float) -> str:
    """End what a policy that is served does, whoever asked for it, and say what there was.

    Args:
        namespace: Namespace of the nodes.
        seconds: How long the server is looked for, and waited for [s].

    Raises:
        SilenceError: It is not there, or does not answer.
    """
    with ClientNode("deployer", namespace) as client:
        return Cancelling(client.node, WHO, ["execute"]).all(seconds)
