"""What the global policy is taught, and how it is augmented."""

import numpy as np

from pilqr_ros.guided.examples import Teacher, augmented, examples_of
from pilqr_ros.guided.neural_policy import Observation
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.trajopt.tvlg import TVLGPolicy

T, DX, DU, N = 4, 3, 2, 6
SEES_ALL = Observation(DX, T, np.arange(DX), np.zeros(0))
STEPS = np.tile(np.arange(T), N)


def make_guide(seed=0):
    """Return a guide in whose states the last entry is the sum of the two before it."""
    rng = np.random.default_rng(seed)
    states = rng.standard_normal((N, T, DX)) * [1.0, 0.1, 1.0] + rng.standard_normal((T, DX))
    states[..., 2] = states[..., 0] + states[..., 1]
    K, k = rng.standard_normal((T, DU, DX)), rng.standard_normal((T, DU))
    L = np.tril(rng.uniform(0.5, 1.0, (T, DU, DU)))
    return Teacher(TVLGPolicy(K, k, L), SEES_ALL, states)


def test_an_example_is_the_local_policys_mean_action_in_a_visited_state():
    guide = make_guide()
    data = examples_of([guide], GuidedSettings())
    np.testing.assert_array_equal(data.observations.reshape(N, T, DX), guide.states)
    wanted = [[guide.policy.act(t, x, np.zeros(DU)) for t, x in enumerate(r)] for r in guide.states]
    np.testing.assert_allclose(data.targets.reshape(N, T, DU), wanted, rtol=1e-12)


def test_errors_weigh_by_the_policys_precision_up_to_the_limit():
    guide = make_guide()
    sharp = guide.policy.L * np.array([1.0, 1.0, 1.0, 1e-3])[:, None, None]
    policy = TVLGPolicy(guide.policy.K, guide.policy.k, sharp)
    settings = GuidedSettings().changed(supervised={"max_weight": 5.0})
    data = examples_of([guide._replace(policy=policy)], settings)
    weights = np.swapaxes(data.whitening, -1, -2) @ data.whitening
    precisions = np.linalg.inv(policy.covariance)
    sizes = np.trace(precisions, axis1=1, axis2=2)
    factors = np.trace(weights[:T], axis1=1, axis2=2) / sizes
    np.testing.assert_allclose(factors[:3], 1.0 / np.median(sizes), rtol=1e-10)
    np.testing.assert_allclose(factors[3] * sizes[3], 5.0, rtol=1e-10)
    np.testing.assert_allclose(weights[:T], precisions * factors[:, None, None], rtol=1e-8)


def test_moved_states_keep_what_holds_between_their_entries_and_their_targets_follow():
    guide = make_guide()
    settings = GuidedSettings().changed(supervised={"state_noise": 0.7, "observation_noise": 0.0})
    moved = augmented([guide], examples_of([guide], settings), settings, np.random.default_rng(1))
    o = moved.observations
    assert not np.allclose(o.reshape(N, T, DX), guide.states)
    np.testing.assert_allclose(o[:, 2], o[:, 0] + o[:, 1], rtol=1e-12)
    wanted = np.einsum("nij,nj->ni", guide.policy.K[STEPS], o) + guide.policy.k[STEPS]
    np.testing.assert_allclose(moved.targets, wanted, rtol=1e-12)


def test_moved_states_have_the_samples_covariance_times_the_noise_squared():
    guide, rng = make_guide(), np.random.default_rng(2)
    settings = GuidedSettings().changed(supervised={"state_noise": 0.7, "observation_noise": 0.0})
    data = examples_of([guide], settings)
    draws = [augmented([guide], data, settings, rng).observations for _ in range(4000)]
    moves = np.stack(draws).reshape(-1, N, T, DX) - guide.states
    for t in range(T):
        found = np.cov(moves[:, :, t].reshape(-1, DX).T)
        np.testing.assert_allclose(found, 0.49 * np.cov(guide.states[:, t].T, bias=True), atol=0.02)
