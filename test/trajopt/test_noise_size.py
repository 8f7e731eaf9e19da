import numpy as np
import pytest

from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.noise_size import MAX_FACTOR, MEMORY, MIN_FACTOR, relative_size, size_factor


def batch(noisy, free):
    """Rollouts of two steps; the last explores nothing."""
    costs = np.full((4, 2), noisy / 2)
    costs[-1] = free / 2
    noise = np.ones((4, 2, 1))
    noise[-1] = 0.0
    return Batch(np.zeros((4, 2, 1)), np.zeros((4, 2, 1)), noise, costs)


def test_the_noise_stays_where_the_mean_gains_more_than_the_noise_costs():
    assert size_factor([batch(100.0 - 10 * i, 95.0 - 10 * i) for i in range(4)]) == 1.0


def test_it_shrinks_by_the_root_of_what_is_gained_over_what_it_costs():
    costs = [(110.0, 100.0), (104.0, 92.0)]
    spent, gained = MEMORY * 10.0 + 12.0, 8.0
    assert relative_size(costs) == pytest.approx(max(MIN_FACTOR, np.sqrt(gained / spent)))
    costs = [(105.0, 100.0), (98.0, 93.0), (92.0, 87.0)]
    one = np.sqrt(7.0 / (MEMORY * 5.0 + 5.0))
    two = np.sqrt((MEMORY * 7.0 + 6.0) / (MEMORY * (MEMORY * 5.0 + 5.0) + 5.0))
    expected = min(1.0, one) * np.clip(two, MIN_FACTOR, MAX_FACTOR)
    assert relative_size(costs) == pytest.approx(min(1.0, expected))


def test_it_grows_again_where_the_mean_gains_and_never_beyond_the_first_policys():
    stuck = [(20.0, 10.0)] * 5
    assert relative_size(stuck) == pytest.approx(MIN_FACTOR**4)
    freed = [*stuck, *((15.0 - 20 * i, 10.0 - 20 * i) for i in range(20))]
    sizes = [relative_size(freed[:n]) for n in range(1, len(freed) + 1)]
    assert sizes[-1] == 1.0
    assert max(sizes) == 1.0


def test_what_the_noise_costs_less_is_no_gain_of_the_mean():
    assert relative_size([(110.0, 90.0), (104.0, 90.0)]) == MIN_FACTOR


@pytest.mark.parametrize(("noisy", "free"), [(50.0, 60.0), (50.0, 50.0)])
def test_noise_that_costs_nothing_stays(noisy, free):
    assert size_factor([batch(noisy, free)] * 3) == 1.0


def test_nothing_is_known_of_one_batch_or_without_rollouts_of_both_kinds():
    assert size_factor([batch(50.0, 10.0)]) == 1.0
    b = batch(50.0, 10.0)
    noisy = Batch(b.states, b.actions, np.ones_like(b.noise), b.costs)
    assert size_factor([b, b, noisy]) == 1.0


def test_factors_of_the_updates_make_up_the_size():
    costs = [(30.0 - i, 25.0 - i**1.5) for i in range(8)]
    history = [batch(*pair) for pair in costs]
    factors = [size_factor(history[: n + 1]) for n in range(len(history))]
    assert np.prod(factors) == pytest.approx(relative_size(costs))


@pytest.mark.parametrize("start", [0.3, 3.0, 30.0])
def test_on_a_quadratic_the_noise_outlasts_the_way_to_the_optimum_and_then_settles(start):
    """The mean steps one std a time, as with a bound on the KL divergence, in ten dimensions."""
    rng, x, std = np.random.default_rng(0), np.full(10, 10.0), start
    history, far = [], []
    for _ in range(200):
        noise = std * rng.standard_normal((9, 10))
        noisy = np.mean(np.sum((x + noise) ** 2, axis=1))
        history.append(batch(noisy, np.sum(x**2)))
        x = x * max(0.0, 1.0 - std / np.linalg.norm(x)) if x.any() else x
        std *= size_factor(history)
        far.append(np.linalg.norm(x))
    assert far[-1] < 1e-2 * far[0]
    assert std < 0.05
    assert np.all(np.diff(far) <= 0)
