from itertools import product

from pilqr_ros.learning.seeds import Stream, rollout_seed


def test_every_place_of_a_run_has_its_own_seed():
    places = product(range(3), range(3), range(2), range(5), range(2), Stream)
    seeds = [rollout_seed(*place) for place in places]
    assert len(set(seeds)) == len(seeds)


def test_seeds_fit_64_bits_and_repeat():
    assert 0 <= rollout_seed(7, 1, 0, 3) < 2**64
    assert rollout_seed(7, 1, 0, 3) == rollout_seed(7, 1, 0, 3)
