import json

import numpy as np
import pytest

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.errors import RunConfigError, RunError
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.runs.same_files import check_files
from pilqr_ros.runs.transfer import begin_run, check_origin
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def three_conditions(document):
    """Name the only condition c0, and add c1 and c2 elsewhere."""
    (first,) = document["conditions"]
    starts = ([0, 0], [0.1, 0], [0, 0.1])
    document["conditions"] = [
        {**first, "name": f"c{n}", "joints": start} for n, start in enumerate(starts)
    ]


def reversed_conditions(document):
    three_conditions(document)
    document["conditions"].reverse()


@pytest.fixture
def arm(two_joints):
    return two_joints(edit=three_conditions)


@pytest.fixture
def heavy(two_joints):
    """The same task with a heavier arm, and its conditions in another order."""
    return two_joints(arm=('armature="1"', 'armature="1.3"'), edit=reversed_conditions)


@pytest.fixture
def source(arm, tmp_path):
    """A trained run of the first and the last condition."""
    config = RunConfig(arm.name, "pilqr", 3, 4, seed=1, conditions=(0, 2))
    store = create_run(tmp_path / "source", arm, config)
    Trainer(store, InProcessCollector(arm), TaskCostEvaluator(arm)).run()
    return store


@pytest.fixture
def asked(source):
    """Return a function that says what a run which starts from the trained one is to do."""

    def config(condition, **fields):
        origin = Origin(str(source.directory), **fields)
        return RunConfig(source.task.name, "pilqr", 2, 4, 5, (condition,), origin)

    return config


def test_a_run_takes_policy_and_newest_samples_of_the_condition_of_the_same_name(
    heavy, source, asked, tmp_path
):
    taken = begin_run(tmp_path, heavy, asked(2, prior_iterations=2)).taken(2)
    policy, _ = source.policy(3, 0)
    np.testing.assert_array_equal(taken.policy.K, policy.K)
    np.testing.assert_array_equal(taken.policy.L, policy.L)
    assert len(taken.batches) == 2
    for batch, iteration in zip(taken.batches, (1, 2), strict=True):
        for sample in range(4):
            rollout = source.rollout(iteration, 0, sample)
            np.testing.assert_array_equal(batch.states[sample], rollout.states)
            np.testing.assert_array_equal(batch.actions[sample], rollout.applied)


def test_of_an_earlier_policy_its_own_samples_are_the_newest(heavy, source, asked, tmp_path):
    config = asked(2, iteration=1, prior_iterations=1)
    taken = begin_run(tmp_path, heavy, config).taken(2)
    np.testing.assert_array_equal(taken.policy.k, source.policy(1, 0)[0].k)
    (batch,) = taken.batches
    np.testing.assert_array_equal(batch.noise[3], source.rollout(1, 0, 3).noise)


def test_run_json_says_what_was_taken_from_where_with_digests(heavy, source, asked, tmp_path):
    run = begin_run(tmp_path, heavy, asked(2, noise_scale=0.25, prior_iterations=2))
    described = json.loads((run.directory / "run.json").read_text())
    assert described["origin"] == {
        "run": str(source.directory),
        "iteration": 3,
        "noise_scale": 0.25,
        "prior_iterations": 2,
    }
    assert "origin/condition_2.npz" in described["files"]
    assert open_run(run.directory).config == run.config


def test_what_was_taken_and_edited_since_is_not_learned_from(heavy, asked, tmp_path):
    run = begin_run(tmp_path, heavy, asked(2))
    assert check_files(run) == []
    path = run.directory / "origin/condition_2.npz"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RunError, match=r"origin/condition_2\.npz is not as it was"):
        check_files(open_run(run.directory))
    path.unlink()
    with pytest.raises(RunError, match=r"origin/condition_2\.npz is not as it was"):
        check_files(open_run(run.directory))


def test_a_run_without_an_origin_is_begun_as_ever(arm, tmp_path):
    config = RunConfig.for_task(arm, "pilqr", seed=0)
    run = begin_run(tmp_path, arm, config)
    assert run.taken(0) is None
    path = run.directory / "run.json"
    described = json.loads(path.read_text())
    del described["origin"]  # as earlier versions wrote it
    path.write_text(json.dumps(described))
    assert open_run(run.directory).config == config


def other_steps(document):
    document["control"]["steps"] = 21


def other_state(document):
    document["state"].insert(0, {"name": "speed", "kind": "point_velocity", "of": "tip"})


def other_joints(document):
    document["joints"].reverse()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (other_steps, r"control\.steps is 21, but the run has 20"),
        (other_state, r"state\[0\]\.name is 'speed', but the run has 'q'"),
        (other_joints, r"joints\[0\]\.name is 'j2', but the run has 'j1'"),
    ],
)
def test_a_task_of_another_structure_is_refused_with_what_differs(
    two_joints, asked, source, edit, message
):
    other = two_joints(edit=edit)
    with pytest.raises(RunConfigError, match=message) as error:
        check_origin(asked(0), other)
    assert f"two_joints cannot start from {source.directory}" in str(error.value)


def test_a_condition_that_was_not_trained_is_refused_with_those_that_were(arm, asked):
    with pytest.raises(RunConfigError, match="no policy of condition 'c1', but of c0, c2"):
        check_origin(asked(1), arm)


def test_an_iteration_that_the_run_does_not_have_is_refused(arm, asked):
    with pytest.raises(RunConfigError, match=r"iteration is 4, but .* to 3"):
        check_origin(asked(0, iteration=4), arm)


def test_a_run_that_learned_nothing_is_no_origin(arm, tmp_path):
    empty = create_run(tmp_path, arm, RunConfig.for_task(arm, "pilqr", seed=0))
    origin = Origin(str(empty.directory))
    with pytest.raises(RunConfigError, match="no finished iteration"):
        check_origin(RunConfig(arm.name, "pilqr", 2, 4, 5, (0,), origin), arm)


def test_samples_that_were_deleted_are_done_without(heavy, source, asked, tmp_path):
    (source.directory / "iteration_001/condition_0/rollout_02.npz").unlink()
    (batch,) = begin_run(tmp_path, heavy, asked(2, prior_iterations=2)).taken(2).batches
    np.testing.assert_array_equal(batch.states[0], source.rollout(2, 0, 0).states)


def test_a_policy_that_is_not_of_the_runs_own_task_is_refused_with_its_place(
    heavy, source, asked, tmp_path
):
    policy, step = source.policy(3, 0)
    short = TVLGPolicy(policy.K[:-1], policy.k[:-1], policy.L[:-1])
    source.save_policy(3, 0, short, step)
    with pytest.raises(RunError, match=r"iteration_003/condition_0: K has shape \(19, 2, 7\)"):
        begin_run(tmp_path, heavy, asked(2))
