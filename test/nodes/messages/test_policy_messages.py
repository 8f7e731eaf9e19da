import time
from itertools import pairwise

import numpy as np
import pytest

from pilqr_msgs.action import ExecuteRollout
from pilqr_ros.guided.errors import NetworkError
from pilqr_ros.guided.network import Network
from pilqr_ros.guided.neural_policy import NeuralPolicy, Observation
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.messages.policy_messages import (
    neural_from_message,
    neural_to_message,
    policy_from_goal,
    put_policy,
)
from pilqr_ros.robot.execution.errors import MessageError
from pilqr_ros.trajopt.tvlg import TVLGPolicy


@pytest.fixture
def policy():
    rng, sizes = np.random.default_rng(0), (29, 42, 42, 7)
    network = Network(
        weights=tuple(rng.standard_normal((b, a)) for a, b in pairwise(sizes)),
        biases=tuple(rng.standard_normal(b) for b in sizes[1:]),
        mean=rng.standard_normal(29),
        scale=rng.uniform(0.5, 2.0, 29),
        L=np.tril(rng.standard_normal((7, 7))),
    )
    return NeuralPolicy(network, Observation(26, 100, np.arange(25, -1, -1), np.arange(3.0)))


def test_a_neural_policy_goes_through_a_goal_unchanged(policy):
    goal = ExecuteRollout.Goal()
    put_policy(goal, policy)
    again = policy_from_goal(goal)
    rng = np.random.default_rng(1)
    for t in (0, 50, 99):
        x, xi = rng.standard_normal(26), rng.standard_normal(7)
        np.testing.assert_array_equal(again.act(t, x, xi), policy.act(t, x, xi))
    assert (again.T, again.dX, again.dU) == (100, 26, 7)


def test_a_linear_policy_goes_through_a_goal_unchanged():
    rng, goal = np.random.default_rng(2), ExecuteRollout.Goal()
    linear = TVLGPolicy(
        rng.standard_normal((5, 2, 3)), rng.standard_normal((5, 2)), np.ones((5, 2, 2))
    )
    put_policy(goal, linear)
    np.testing.assert_array_equal(policy_from_goal(goal).K, linear.K)


def test_a_goal_has_exactly_one_policy(policy):
    with pytest.raises(NodeError, match="neither has steps"):
        policy_from_goal(ExecuteRollout.Goal())
    goal = ExecuteRollout.Goal(neural_policy=neural_to_message(policy))
    goal.policy.steps = 100
    with pytest.raises(NodeError, match="both has steps"):
        policy_from_goal(goal)


@pytest.mark.parametrize(
    ("field", "value", "error", "says"),
    [
        ("sizes", [29], NodeError, "expected 2 to 9 widths"),
        ("sizes", [29, 2**31, 7], NodeError, "expected 2 to 9 widths"),
        ("action_dim", 6, NodeError, "action_dim is 6, expected 7"),
        ("weights", [1.0], MessageError, "weights"),
        ("input_scale", [1.0], MessageError, "input_scale"),
        ("input_mean", [float("nan")] * 29, NetworkError, "mean of the network is not finite"),
        ("observed", [26, *range(25)], NetworkError, "expected 0 to 25"),
        ("constants", [0.0], NetworkError, "has 27 entries, the network takes 29"),
    ],
)
def test_a_message_that_does_not_fit_is_refused(policy, field, value, error, says):
    message = neural_to_message(policy)
    setattr(message, field, value)
    with pytest.raises(error, match=says):
        neural_from_message(message)


def test_it_acts_well_within_a_control_period(policy):
    x, xi = np.zeros(26), np.zeros(7)
    began = time.process_time()
    for _ in range(200):
        policy.act(3, x, xi)
    assert (time.process_time() - began) / 200 < 0.005
