"""Serving a trained policy for a number of rollouts and no longer."""

from __future__ import annotations

from pilqr_ros.clients.deployment import OnAnswer, request
from pilqr_ros.graph import DEPLOYED, DeploymentOptions, running_graph
from pilqr_ros.nodes.errors import NodeError


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
