"""CMA-ES over torque primitives begins at the hold and gets better by what it is told."""

import numpy as np
import pytest

from pilqr_ros.environments import TaskEnvironment
from pilqr_ros.peers.judging import run_episode
from pilqr_ros.peers.primitive_search import PrimitiveSearch, basis_functions


@pytest.fixture(scope="module")
def environment():
    return TaskEnvironment("plug", jitter=False)


def test_the_basis_sums_to_one_at_each_step_and_peaks_at_its_centres():
    basis = basis_functions(91, 10)
    np.testing.assert_allclose(basis.sum(axis=1), 1.0)
    np.testing.assert_array_equal(basis[10:81:10, 1:9].argmax(axis=1), np.arange(8))


def test_it_begins_with_the_torques_of_the_tasks_hold(environment):
    task = environment.task
    controller = PrimitiveSearch(environment, seed=0).controller()
    hold = task.initial_policy(task.learning.conditions[0])
    observation, _ = environment.reset(seed=0)
    expected = hold.act(0, observation[: task.dX], np.zeros(task.dU))
    np.testing.assert_allclose(controller(0, observation), expected)


def test_it_lowers_the_cost_and_counts_whole_populations(environment):
    search = PrimitiveSearch(environment, seed=0)
    before, _, _ = run_episode(environment, search.controller(), 0)
    search.learn(55)
    after, _, _ = run_episode(environment, search.controller(), 0)
    assert search.episodes == 60
    assert after < 0.8 * before


def test_the_same_seed_finds_the_same_primitive(environment):
    one, other = (PrimitiveSearch(environment, seed=4) for _ in range(2))
    observation, _ = environment.reset(seed=0)
    for search in (one, other):
        search.learn(20)
    np.testing.assert_array_equal(
        one.controller()(3, observation), other.controller()(3, observation)
    )
