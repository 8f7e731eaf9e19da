"""Policies that no motor could follow are refused before their first step."""

import numpy as np
import pytest

from pilqr_ros.guided.network import Network
from pilqr_ros.guided.neural_policy import NeuralPolicy, Observation
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.robot.execution.errors import PolicyError
from pilqr_ros.robot.execution.policy_execution import check_policy
from pilqr_ros.trajopt.tvlg import TVLGPolicy


@pytest.fixture
def arrays(task):
    policy = task.initial_policy(0)
    return {"K": policy.K.copy(), "k": policy.k.copy(), "L": policy.L.copy()}


def neural(task, *, bias=0.0, deviation=1.0, width=1):
    """Return a network that is silent but for its output's bias and noise."""
    weights = np.zeros((width, task.dX)), np.zeros((task.dU, width))
    biases = np.ones(width), np.full(task.dU, bias)
    L = deviation * np.eye(task.dU)
    network = Network(weights, biases, np.zeros(task.dX), np.ones(task.dX), L)
    return NeuralPolicy(network, Observation(task.dX, task.T, np.arange(task.dX), np.zeros(0)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, -1e300])
@pytest.mark.parametrize(
    ("name", "at"), [("K", (7, 1, 2)), ("k", (3, 0)), ("L", (0, 1, 0)), ("L", (9, 2, 2))]
)
def test_an_absurd_entry_is_named_with_its_value(task, arrays, name, at, value):
    check_policy(TVLGPolicy(**arrays), task)
    arrays[name][at] = value
    where = ", ".join(map(str, at))
    with pytest.raises(PolicyError) as raised:
        check_policy(TVLGPolicy(**arrays), task)
    assert str(raised.value).startswith(f"policy.{name}[{where}] is {value:g}, expected ")


def test_a_policy_that_saturates_the_motors_is_executed(task, arrays):
    arrays["k"][:] = 1000.0 * task.torque_limits
    check_policy(TVLGPolicy(**arrays), task)


def test_a_negative_deviation_is_refused_in_policies_of_both_kinds(task, arrays):
    arrays["L"][4, 1, 1] = -0.1
    with pytest.raises(PolicyError, match=r"policy.L\[4, 1, 1\] is -0.1, expected 0 to"):
        check_policy(TVLGPolicy(**arrays), task)
    with pytest.raises(PolicyError, match=r"policy.L\[0, 0\] is -1, expected 0 to"):
        check_policy(neural(task, deviation=-1.0), task)


def test_a_policy_of_another_length_is_refused(task, arrays):
    short = TVLGPolicy(**{name: array[:-1] for name, array in arrays.items()})
    with pytest.raises(PolicyError, match=f"policy.T is {task.T - 1}, expected {task.T}"):
        check_policy(short, task)


def test_it_is_refused_where_it_is_executed(task, collector, arrays):
    arrays["K"][0, 0, 0] = 1e300
    with pytest.raises(PolicyError, match=r"policy.K\[0, 0, 0\] is 1e\+300"):
        collector.collect(TVLGPolicy(**arrays), 0, 1, explore=True, jitter=True)


def test_a_network_whose_torque_is_absurd_ends_its_rollout_before_the_first_command(task):
    rollout = InProcessCollector(task).collect(
        neural(task, bias=1e300), 0, 1, explore=False, jitter=False
    )
    assert (rollout.valid, rollout.interrupted, rollout.T) == (False, False, 0)
    assert rollout.reason.startswith(f"step 0: torque of {task.joints[0]} is 1e+300 N m")
