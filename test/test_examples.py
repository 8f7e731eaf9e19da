"""The examples run, and do what they say."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", [0, 1])
def test_the_reacher_of_gymnasium_is_solved_with_the_defaults(seed):
    pytest.importorskip("gymnasium")
    assert example("gymnasium_arm").main("Reacher-v5", seed=seed) < 0.02


def test_the_pusher_of_gymnasium_can_be_trained():
    pytest.importorskip("gymnasium")
    assert np.isfinite(example("gymnasium_arm").main("Pusher-v5", iterations=2, rollouts=5))


def test_a_run_is_read_into_arrays(tmp_path):
    trained = example("train_and_read")
    states, costs = trained.read(trained.train(tmp_path, iterations=2))
    assert states.shape[:2] == costs.shape
    assert len(costs) == 2
    assert np.isfinite(states).all()
