"""A model misses nothing of a linear system, and all of what is drawn by lot."""

import numpy as np
import pytest

from pilqr_ros.diagnosis.model_error import one_step_error, stored_batch
from pilqr_ros.tasks.layout import StateBlock, StateLayout
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.settings import Settings

N, T = 30, 12
LAYOUT = StateLayout(
    (
        StateBlock("linear", "joint_positions", "", ("a", "b"), slice(0, 2)),
        StateBlock("lot", "body_position", "puck", ("x",), slice(2, 3)),
        StateBlock("still", "body_position", "table", ("x",), slice(3, 4)),
    )
)


@pytest.fixture
def batch():
    rng = np.random.default_rng(1)
    A, B = np.array([[0.9, 0.2], [-0.1, 1.0]]), np.array([[0.0], [0.5]])
    states, actions = np.zeros((N, T, 4)), rng.normal(size=(N, T, 1))
    states[:, 0, :2] = rng.normal(size=(N, 2))
    states[..., 2] = rng.normal(size=(N, T))
    states[..., 3] = 0.7
    for t in range(T - 1):
        states[:, t + 1, :2] = states[:, t, :2] @ A.T + actions[:, t] @ B.T
    return Batch(states, actions, np.zeros_like(actions), np.zeros((N, T)))


def test_the_share_missed_is_none_of_what_follows_and_all_of_what_does_not(batch):
    error = one_step_error([batch], Settings(), LAYOUT)
    assert error.shape == (T - 1, 3)
    assert error[:, 0].max() < 1e-3
    assert 0.8 < np.median(error[:, 1]) < 2.0
    assert np.isnan(error[:, 2]).all()


def test_the_unit_of_a_state_does_not_matter(batch):
    scaled = Batch(1e3 * batch.states, batch.actions, batch.noise, batch.costs)
    settings = Settings().changed(dynamics={"prior": "none", "ridge": 1e-9})
    plain = one_step_error([batch], settings, LAYOUT)
    large = one_step_error([scaled], settings, LAYOUT)
    np.testing.assert_allclose(large[:, 1], plain[:, 1], rtol=1e-3)


def test_rollouts_without_a_cost_are_left_out(trainer, store):
    trainer.run()
    (store.condition_directory(1, 0) / "rollout_02.cost.npz").unlink()
    batch = stored_batch(store, 1, 0)
    np.testing.assert_array_equal(batch.states[2], store.rollout(1, 0, 3).states)
    assert batch.N == 3
