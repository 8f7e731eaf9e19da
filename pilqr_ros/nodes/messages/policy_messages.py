"""Policies of any kind as messages: what a rollout's goal carries."""

from __future__ import annotations

from array import array
from math import prod

import numpy as np

from pilqr_msgs.action import ExecuteRollout
from pilqr_msgs.msg import NeuralPolicy as NeuralMessage
from pilqr_ros.guided.network import MAX_LAYERS, MAX_WIDTH, Network
from pilqr_ros.guided.neural_policy import NeuralPolicy, Observation
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.messages.conversions import policy_from_message, policy_to_message, to_field
from pilqr_ros.robot.execution.fields import from_field
from pilqr_ros.trajopt.policy import Policy
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def put_policy(goal: ExecuteRollout.Goal, policy: Policy) -> None:
    """Write a policy into a goal."""
    if isinstance(policy, NeuralPolicy):
        goal.neural_policy = neural_to_message(policy)
    elif isinstance(policy, TVLGPolicy):
        goal.policy = policy_to_message(policy)
    else:
        raise NodeError(f"a policy is {type(policy).__name__}: it cannot be sent")


def policy_from_goal(goal: ExecuteRollout.Goal) -> Policy:
    """Return the policy of a goal.

    Raises:
        NodeError: There is none, or one of each kind.
        MessageError: An array does not have the announced size.
        NetworkError: The network's parts do not fit together.
    """
    linear, neural = goal.policy.steps > 0, goal.neural_policy.steps > 0
    if linear == neural:
        found = "both" if linear else "neither"
        raise NodeError(f"policy and neural_policy: {found} has steps, expected one")
    return policy_from_message(goal.policy) if linear else neural_from_message(goal.neural_policy)


def neural_to_message(policy: NeuralPolicy) -> NeuralMessage:
    """Return a neural policy as a message."""
    network, observation = policy.network, policy.observation
    return NeuralMessage(
        steps=policy.T,
        state_dim=policy.dX,
        action_dim=policy.dU,
        sizes=list(network.sizes),
        weights=to_field(np.concatenate([weight.ravel() for weight in network.weights])),
        biases=to_field(np.concatenate(network.biases)),
        input_mean=to_field(network.mean),
        input_scale=to_field(network.scale),
        noise_factor=to_field(network.L),
        observed=array("I", observation.entries.tolist()),
        constants=to_field(observation.constants),
        timed=observation.timed,
    )


def neural_from_message(message: NeuralMessage) -> NeuralPolicy:
    """Return a message's neural policy (errors as `policy_from_goal`)."""
    sizes = list(message.sizes)
    if not 2 <= len(sizes) <= MAX_LAYERS + 1 or not all(0 < size <= MAX_WIDTH for size in sizes):
        allowed = f"2 to {MAX_LAYERS + 1} widths from 1 to {MAX_WIDTH}"
        raise NodeError(f"neural_policy.sizes is {sizes}, expected {allowed}")
    if sizes[-1] != message.action_dim:
        raise NodeError(f"neural_policy.action_dim is {message.action_dim}, expected {sizes[-1]}")
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    dU, rows = sizes[-1], sum(sizes[1:])
    weights = from_field("weights", message.weights, (sum(map(prod, shapes)),), "all layers")
    biases = from_field("biases", message.biases, (rows,), "all layers")
    ends = np.cumsum([prod(shape) for shape in shapes])[:-1]
    network = Network(
        weights=tuple(
            part.reshape(shape) for part, shape in zip(np.split(weights, ends), shapes, strict=True)
        ),
        biases=tuple(np.split(biases, np.cumsum(sizes[1:-1]))),
        mean=from_field("input_mean", message.input_mean, (sizes[0],), "dO"),
        scale=from_field("input_scale", message.input_scale, (sizes[0],), "dO"),
        L=from_field("noise_factor", message.noise_factor, (dU, dU), "dU dU"),
    )
    observation = Observation(
        dX=message.state_dim,
        T=message.steps,
        entries=np.array(message.observed, dtype=np.intp),
        constants=np.array(message.constants, dtype=np.float64),
        timed=message.timed,
    )
    return NeuralPolicy(network, observation)
