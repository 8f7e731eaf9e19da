"""The samples of before a run help to fit the dynamics, and tell nothing else."""

import numpy as np
import pytest

from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.errors import ShapeError
from pilqr_ros.trajopt.model import fit_model
from pilqr_ros.trajopt.policy_update import update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.settings import Settings


@pytest.fixture
def few_and_many(make_task):
    """A cost, a policy, four samples, forty of before, and some to predict."""
    cost, policy, roll_out = make_task(0, start_noise=0.3)
    batches = [roll_out(policy, N, np.random.default_rng(N)) for N in (4, 40, 10)]
    return cost, policy, *batches


def missed(dynamics, batch):
    """Return how far off the next states are on average that dynamics predict of samples."""
    x, u = batch.states.swapaxes(0, 1), batch.actions.swapaxes(0, 1)
    predicted = x[:-1] @ dynamics.fx.swapaxes(-1, -2) + u[:-1] @ dynamics.fu.swapaxes(-1, -2)
    return float(np.abs(predicted + dynamics.f0[:, None] - x[1:]).mean())


def test_samples_of_before_tell_what_too_few_of_now_cannot(few_and_many):
    cost, policy, few, many, others = few_and_many
    settings = Settings().changed(dynamics={"prior": "none"})
    alone = fit_model(Problem(policy, [few], cost, settings)).dynamics
    helped = fit_model(Problem(policy, [few], cost, settings, prior_batches=[many])).dynamics
    assert missed(helped, others) < 0.1 * missed(alone, others)


def test_samples_of_before_weigh_as_the_oldest_of_the_history(few_and_many):
    cost, policy, few, many, others = few_and_many
    before = fit_model(Problem(policy, [others, few], cost, prior_batches=[many])).dynamics
    among = fit_model(Problem(policy, [many, others, few], cost)).dynamics
    np.testing.assert_array_equal(before.fx, among.fx)


def test_what_samples_of_before_cost_changes_no_update_of_pi2(few_and_many):
    cost, policy, few, many, _ = few_and_many
    quiet = few.noise.copy()
    quiet[-1] = 0.0  # so that the costs tell what the noise costs
    now = Batch(few.states, few.actions, quiet, few.costs)
    dear = Batch(many.states, many.actions, many.noise, 1e3 * many.costs)
    alone = update("pi2", Problem(policy, [now, now], cost)).policy
    helped = update("pi2", Problem(policy, [now, now], cost, prior_batches=[dear])).policy
    np.testing.assert_array_equal(helped.k, alone.k)
    np.testing.assert_array_equal(helped.L, alone.L)


def test_samples_of_before_with_another_state_are_refused(few_and_many):
    cost, policy, few, many, _ = few_and_many
    other = Batch(many.states[:, :, :-1], many.actions, many.noise, many.costs)
    with pytest.raises(ShapeError, match="states"):
        update("pilqr", Problem(policy, [few], cost, prior_batches=[other]))
