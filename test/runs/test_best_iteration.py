import pytest

from pilqr_ros.runs.best_iteration import best_iteration


def report(store, iteration, *costs):
    told = {
        "iteration": iteration,
        "condition": 0,
        "rollouts": len(costs),
        "rollouts_invalid": 0,
        "total_costs": list(costs),
        "successes": [False] * len(costs),
        "distances": [1.0] * len(costs),
    }
    store.save_report(iteration, 0, told)


@pytest.fixture
def started(store, task):
    """A run with the policies of its iterations, as far as they were begun."""

    def begin(*iterations):
        policy = task.initial_policy(0)
        for iteration in iterations:
            store.save_policy(iteration, 0, policy, [1.0] * policy.T)
        return store

    return begin


def test_the_least_mean_cost_of_a_finished_iteration_is_best(started):
    store = started(0, 1, 2)
    report(store, 0, 4.0, 8.0)
    report(store, 1, 5.0, 5.0)
    assert best_iteration(store) == (1, 5.0)


def test_an_iteration_that_is_not_finished_is_not_the_best(started):
    store = started(0, 1)
    report(store, 0, 4.0, 8.0)
    report(store, 1, 1.0, 1.0)
    assert best_iteration(store) == (0, 6.0)


def test_before_an_iteration_is_finished_there_is_no_best(started):
    assert best_iteration(started(0)) is None
