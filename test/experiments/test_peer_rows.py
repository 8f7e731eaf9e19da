"""Which results of peers join a table, and as what."""

import math
from dataclasses import asdict, replace

import pytest

from pilqr_ros.experiments.learning_table import Measured
from pilqr_ros.experiments.peer_rows import peer_rows
from pilqr_ros.peers.judging import Checkpoint
from pilqr_ros.peers.peer_run import PeerError, plan
from pilqr_ros.runs import atomic
from pilqr_ros.tasks import load_task

CURVE = (Checkpoint(517, 3, 300, 0.14, 9.0), Checkpoint(1029, 30, 300, math.inf, 18.0))


@pytest.fixture(scope="module")
def reacher():
    return load_task("reacher")


def keep(directory, peer="trpo", seed=0, **tests):
    """Keep a result as `pilqr peers` does."""
    (run,) = plan("reacher", [peer], [seed], directory, **tests)
    run.path.parent.mkdir(parents=True, exist_ok=True)
    curve = [asdict(replace(one, tests=run.tests)) for one in CURVE]
    atomic.write_json(run.path, {"run": run.settings(), "curve": curve})
    return run.path


def test_each_checkpoint_is_a_row_at_the_test_whose_conditions_it_was_tested_in(reacher, tmp_path):
    keep(tmp_path, "trpo", 2, tests=300, test_conditions=["test"])
    keep(tmp_path, "ddpg", 1, tests=16)
    found = peer_rows(reacher, tmp_path)
    assert found.left_out == ()
    ddpg, _, first, last = found.rows
    assert (ddpg.variant, ddpg.seed, ddpg.place, ddpg.judged) == ("ddpg", 1, "training", 16)
    assert math.isnan(first.cost)
    told = Measured("trpo", 2, "test", "test", 517, 300, 0.01, 0.14, first.cost)
    assert first == told
    assert (last.trained_on, last.success_rate) == (1029, 0.1)
    assert math.isnan(last.distance)


@pytest.mark.parametrize(
    "tests",
    [
        {"tests": 20, "test_conditions": ["test"]},
        {"tests": 300, "test_conditions": ["test 0"]},
        {"tests": 300, "test_conditions": ["test", "training"]},
        {"tests": 300, "test_conditions": ["test"], "conditions": ["training 0"]},
    ],
    ids=["too few", "one condition", "others, too", "learned elsewhere"],
)
def test_what_learned_or_was_tested_otherwise_is_left_out(tests, reacher, tmp_path):
    path = keep(tmp_path, **tests)
    assert peer_rows(reacher, tmp_path) == ((), (path,))


def test_without_results_there_are_no_rows(reacher, tmp_path):
    assert peer_rows(reacher, tmp_path / "nowhere") == ((), ())


def test_a_damaged_result_is_an_error_that_names_it(reacher, tmp_path):
    keep(tmp_path).write_text("{}")
    with pytest.raises(PeerError, match=r"trpo/seed_0\.json cannot be read"):
        peer_rows(reacher, tmp_path)
