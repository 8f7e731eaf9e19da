"""Trials are planned, done once, kept, and read back; another run's result is refused."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from pilqr_ros.environments import TaskEnvironment
from pilqr_ros.peers.judging import judge
from pilqr_ros.peers.peer_run import PeerError, do, do_all, plan, read, stored, write_table
from pilqr_ros.runs import atomic
from pilqr_ros.sweeps.process_pool import ProcessPool
from pilqr_ros.tasks.errors import TaskError


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    runs = plan(
        "reacher", ["cma-es"], [0, 1], tmp_path_factory.mktemp("peers"),
        conditions=["centre"], episodes=20, every=10, tests=2,
    )  # fmt: skip
    do_all(runs, ProcessPool(1), lambda run, problem: pytest.fail(problem) if problem else None)
    return runs


def test_a_trial_is_judged_at_each_checkpoint(runs):
    for run in runs:
        curve = read(run)
        assert [checkpoint.episodes for checkpoint in curve] == [10, 20]
        assert all(0 <= checkpoint.successes <= checkpoint.tests == 2 for checkpoint in curve)


def test_a_trial_that_is_done_is_not_done_again(runs):
    before = runs[0].path.stat().st_mtime_ns
    assert do(runs[0]) == read(runs[0])
    assert runs[0].path.stat().st_mtime_ns == before


def test_the_result_of_another_trial_is_refused_by_what_differs(runs):
    with pytest.raises(PeerError, match="episodes was 20, asked for is 30"):
        do(replace(runs[0], episodes=30))


def test_a_result_tells_which_trial_it_is_of(runs):
    assert stored(runs[0].path) == (replace(runs[0], task="reacher"), read(runs[0]))


@pytest.mark.parametrize("content", ['{"curve": []}', '{"run": {"peer": "sac"}, "curve": []}'])
def test_a_file_that_is_no_result_is_refused_by_its_name(content, tmp_path):
    path = tmp_path / "seed_0.json"
    path.write_text(content)
    with pytest.raises(PeerError, match=r"seed_0\.json cannot be read"):
        stored(path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("mean_distance", None, r"seed_0\.json cannot be read: \[0\]\.mean_distance"),
        ("successes", "many", r"seed_0\.json cannot be read: \[0\]\.successes"),
        ("seed", "first", r"seed_0\.json cannot be read: seed"),
        ("conditions", ["centre", 1], r"seed_0\.json cannot be read: conditions\[1\]"),
        ("peer", "sarsa", r"seed_0\.json: peer is 'sarsa', allowed is one of cma-es"),
    ],
)
def test_a_value_that_no_result_has_is_refused_by_its_key(runs, key, value, message, tmp_path):
    content = atomic.read_json(runs[0].path)
    holder = content["run"] if key in content["run"] else content["curve"][0]
    holder[key] = value
    path = tmp_path / "seed_0.json"
    atomic.write_json(path, content)
    with pytest.raises(PeerError, match=message):
        stored(path)


def test_the_table_has_a_row_for_each_checkpoint_of_what_is_done(runs, tmp_path):
    missing = replace(runs[0], path=tmp_path / "nowhere.json")
    rows = list(csv.DictReader(write_table([*runs, missing], tmp_path / "peers.csv").open()))
    assert [(row["seed"], row["episodes"]) for row in rows] == [
        ("0", "10"), ("0", "20"), ("1", "10"), ("1", "20"),
    ]  # fmt: skip


def test_one_that_fails_is_told_and_the_others_are_done(runs):
    told = {}
    broken = replace(runs[0], episodes=30)
    do_all([broken, runs[1]], ProcessPool(1), lambda run, problem: told.update({run.seed: problem}))
    assert "asked for is 30" in told[0]
    assert told[1] == ""


@pytest.mark.parametrize(
    ("peers", "conditions", "message"),
    [
        (["sarsa"], ["centre"], "'sarsa', allowed is one of cma-es, sac"),
        (["cma-es"], [], "one primitive: choose one condition of"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_anything_is_done(
    peers, conditions, message, tmp_path
):
    with pytest.raises(PeerError, match=message):
        plan("reacher", peers, [0], tmp_path, conditions=conditions)
    with pytest.raises(TaskError, match="nowhere"):
        plan("reacher", ["sac"], [0], tmp_path, conditions=["nowhere"])


def test_test_episodes_are_the_same_for_everybody():
    one, other = (TaskEnvironment("reacher", ["centre"]) for _ in range(2))

    def still(t, observation):
        return 0.0 * one.task.torque_limits

    other.reset(seed=99)
    assert judge(one, still, 3, ["centre"]) == judge(other, still, 3, ["centre"])


def test_test_episodes_begin_in_the_test_conditions_in_turn():
    environment = TaskEnvironment("reacher", ["centre"])
    names = [one.name for one in environment.task.conditions if one.name.startswith("test")][:2]
    began = []

    def still(t, observation):
        if t == 0:
            began.append(tuple(observation[-4:-1]))  # the target
        return 0.0 * environment.task.torque_limits

    judge(environment, still, 3, names)
    assert began[0] == began[2] != began[1]


def test_a_plan_tests_in_the_conditions_of_training_or_in_others(tmp_path):
    (run,) = plan("reacher", ["sac"], [0], tmp_path, conditions=["centre"])
    assert run.test_conditions == ("centre",)
    (run,) = plan("reacher", ["sac"], [0], tmp_path, test_conditions=["centre"])
    assert len(run.conditions) == 16
    assert run.test_conditions == ("centre",)


def test_a_plan_is_the_same_in_any_folder(two_joints, tmp_path, monkeypatch):
    two_joints()
    monkeypatch.chdir(tmp_path)
    (run,) = plan("two_joints.yaml", ["cma-es"], [3], Path("kept"))
    assert run.task == str(tmp_path / "two_joints.yaml")
    assert run.path == tmp_path / "kept" / "two_joints" / "cma-es" / "seed_3.json"
    assert run.settings()["task"] == "two_joints.yaml"
