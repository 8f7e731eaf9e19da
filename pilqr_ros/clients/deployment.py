"""Asking a served policy for rollouts, and stopping them."""

from __future__ import annotations

from collections.abc import Callable

from pilqr_msgs.action import ExecutePolicy
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.clients.goal_client import Cancelling, GoalClient
from pilqr_ros.nodes.runtime.action_client import ActionClient

START_TIMEOUT = 60.0
"""Longest wait for the server [s]."""

WHO = "policy_server"

HOW = "serve a policy with `pilqr deploy RUN`"
"""How it is started."""

OnAnswer = Callable[[ExecutePolicy.Result], None]


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
        client.find(WHO, action.server_is_ready, seconds, HOW)
        for _ in range(times):
            on_answer(goals.run(action, ExecutePolicy.Goal(), lambda _feedback: None, seconds))


def stop(namespace: str, seconds: float) -> str:
    """End what a policy that is served does, whoever asked for it, and say what there was.

    Args:
        namespace: Namespace of the nodes.
        seconds: How long the server is looked for, and waited for [s].

    Raises:
        NodeError: It is not there; the message says where it was looked for.
        SilenceError: It does not answer.
    """
    with ClientNode("deployer", namespace) as client:
        cancelling = Cancelling(client.node, WHO, ["execute"])
        client.find(WHO, cancelling.is_ready, seconds, HOW)
        return cancelling.all(seconds)
