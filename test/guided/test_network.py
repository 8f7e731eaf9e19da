from dataclasses import replace

import numpy as np
import pytest
import torch

from pilqr_ros.guided.errors import NetworkError
from pilqr_ros.guided.network import Network, from_arrays, initial_network, renormalised
from pilqr_ros.guided.neural_policy import NeuralPolicy, Observation


def in_torch(network):
    """Return the same network built of torch's own layers."""
    layers = []
    for weight, bias in zip(network.weights, network.biases, strict=True):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weight))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def test_it_acts_as_torchs_own_layers_do(make_network):
    network = make_network((29, 42, 42, 7))
    observations = np.random.default_rng(1).standard_normal((100, 29))
    with torch.no_grad():
        wanted = in_torch(network)(torch.tensor((observations - network.mean) * network.scale))
    np.testing.assert_allclose(network(observations), wanted.numpy(), rtol=1e-12, atol=1e-12)


def test_its_jacobian_is_torchs(make_network):
    network = make_network()
    observation = np.random.default_rng(2).standard_normal((3, 5))
    model = in_torch(network)
    mean, scale = torch.tensor(network.mean), torch.tensor(network.scale)
    for o, J in zip(observation, network.jacobian(observation), strict=True):
        wanted = torch.autograd.functional.jacobian(
            lambda o: model((o - mean) * scale), torch.tensor(o)
        )
        np.testing.assert_allclose(J, wanted.numpy(), atol=1e-12)


def test_another_normalisation_leaves_the_function(make_network):
    network = make_network()
    rng = np.random.default_rng(3)
    other = renormalised(network, rng.standard_normal(5), rng.uniform(0.1, 10.0, 5))
    observations = rng.standard_normal((20, 5))
    np.testing.assert_allclose(other(observations), network(observations), atol=1e-11)


def test_its_arrays_make_it_again(make_network):
    network = make_network()
    again = from_arrays(network.arrays())
    observations = np.random.default_rng(4).standard_normal((4, 5))
    np.testing.assert_array_equal(again(observations), network(observations))
    assert again.sizes == (5, 8, 6, 2)


@pytest.mark.parametrize("missing", ["mean", "weight_0", "bias_2", "L"])
def test_a_missing_array_is_named(make_network, missing):
    arrays = make_network().arrays()
    del arrays[missing]
    with pytest.raises(NetworkError, match=missing):
        from_arrays(arrays)


def test_arrays_that_do_not_fit_are_refused(make_network):
    network = make_network()
    with pytest.raises(NetworkError, match="weight_1"):
        replace(network, weights=(network.weights[0], network.weights[0], network.weights[2]))
    with pytest.raises(NetworkError, match="scale"):
        replace(network, scale=np.ones(4))
    with pytest.raises(NetworkError, match=r"bias_0.*not finite"):
        replace(network, biases=(np.full(8, np.nan), *network.biases[1:]))


def test_a_policy_observes_entries_constants_and_time(make_network):
    observation = Observation(4, 10, np.array([2, 0]), np.array([7.0, 8.0]), timed=True)
    np.testing.assert_array_equal(observation.at(5, np.arange(4.0)), [2, 0, 7, 8, 0.5])
    states = np.random.default_rng(5).standard_normal((3, 10, 4))
    each = [[observation.at(t, x) for t, x in enumerate(rollout)] for rollout in states]
    np.testing.assert_array_equal(observation.of(states), each)
    policy = NeuralPolicy(make_network(), observation)
    xi, x = np.array([1.0, -2.0]), states[0, 5]
    wanted = policy.network(observation.at(5, x)) + policy.network.L @ xi
    np.testing.assert_array_equal(policy.act(5, x, xi), wanted)


def test_an_observation_that_does_not_fit_is_refused(make_network):
    with pytest.raises(NetworkError, match="expected 0 to 3"):
        Observation(4, 10, np.array([4]), np.zeros(0))
    with pytest.raises(NetworkError, match="has 1 entries, the network takes 5"):
        NeuralPolicy(make_network(), Observation(4, 10, np.array([0]), np.zeros(0)))


def test_an_initial_network_is_a_function_of_its_generator():
    first, again = (initial_network(6, (9,), np.eye(2), np.random.default_rng(1)) for _ in "ab")
    assert first.sizes == (6, 9, 2)
    np.testing.assert_array_equal(first(np.ones(6)), again(np.ones(6)))
    assert isinstance(first, Network)
