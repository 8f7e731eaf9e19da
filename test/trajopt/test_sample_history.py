from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.policy_update import update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.sample_history import SampleRecord, join
from pilqr_ros.trajopt.settings import Settings

WEIGHTS = (1.0, 0.5, 0.25)


def record(seed, N=5, T=4, dU=3):
    rng = np.random.default_rng(seed)
    L = np.tril(rng.standard_normal((T, dU, dU))) + 2.0 * np.eye(dU)
    noise, total = rng.standard_normal((N, T, dU)), 100.0 * rng.standard_normal((N, T))
    return SampleRecord(noise, L, total, 0.3 * total)


def test_the_newest_samples_come_first_and_older_ones_weigh_less():
    newest, older, oldest = (record(seed, N) for seed, N in enumerate([2, 3, 1]))
    pooled = join(newest, [oldest, older], WEIGHTS)
    np.testing.assert_allclose(pooled.prior, np.array([4, 4, 2, 2, 2, 1]) / 15)
    np.testing.assert_array_equal(pooled.unit_noise[2:5], older.noise)


def test_no_more_batches_are_used_than_there_are_weights():
    batches = [record(seed) for seed in range(5)]
    pooled = join(batches[0], batches[1:], WEIGHTS[:2])
    assert len(pooled.total) == 10
    np.testing.assert_array_equal(pooled.unit_noise[5:], batches[-1].noise)


def test_older_noise_moves_the_joints_as_it_did_then():
    newest, older = record(0), record(1)
    pooled = join(newest, [older], WEIGHTS)
    np.testing.assert_array_equal(pooled.noise[:5], newest.noise)
    for i, t in [(0, 0), (3, 2)]:
        now, then = newest.L[t] @ pooled.noise[5 + i, t], older.L[t] @ older.noise[i, t]
        np.testing.assert_allclose(now, then)


def test_costs_are_relative_to_their_own_batch():
    newest, older = record(0), record(1)
    dearer = replace(older, total=older.total + 1e3, residual=older.residual - 5.0)
    one, other = (join(newest, [each], WEIGHTS) for each in (older, dearer))
    np.testing.assert_allclose(one.total, other.total, atol=1e-9)
    np.testing.assert_allclose(one.residual, other.residual, atol=1e-9)
    assert np.abs(one.total[5:].mean(axis=0)).max() < 1e-12


@pytest.mark.parametrize("method", ["pilqr", "pi2"])
def test_earlier_samples_lessen_the_chance_in_a_step(make_task, method):
    """Drawn again and again from the same policy, the steps scatter less."""
    cost, policy, roll_out = make_task(0, bend=0.3)
    ones, settings = np.ones(policy.T), Settings().changed(dynamics={"history_weights": (1.0,)})
    steps = {True: [], False: []}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        batches = [roll_out(policy, 12, rng) for _ in range(3)]
        results = [update(method, Problem(policy, [b], cost, settings, ones)) for b in batches]
        history = [result.samples for result in results[:2]]
        for reuse in steps:
            given = history if reuse else []
            new = update(method, Problem(policy, [batches[2]], cost, settings, ones, history=given))
            steps[reuse].append(new.policy.k - policy.k)
    spread = {reuse: np.var(each, axis=0).sum() for reuse, each in steps.items()}
    assert spread[True] < 0.75 * spread[False]


def test_a_batch_of_another_shape_is_refused(make_task):
    cost, policy, roll_out = make_task(0)
    batch = roll_out(policy, 6, np.random.default_rng(0))
    with pytest.raises(ShapeError, match="noise of an earlier batch"):
        update(
            "pilqr",
            Problem(
                policy,
                [batch],
                cost,
                Settings(),
                np.ones(policy.T),
                history=[record(0, T=policy.T + 1, dU=policy.dU)],
            ),
        )
