"""A node that is started again finds the policy that the graph was started with, or refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros import graph
from pilqr_ros.graph.node_list import DEPLOYED
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.policy_server import ServerParameters
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run
from pilqr_ros.tasks import TaskError


@pytest.fixture
def run(two_joints, tmp_path):
    """A run of two conditions whose first policies are there."""

    def edit(content):
        (first,) = content["conditions"]
        content["conditions"] = [first, {**first, "name": "d", "joints": [0.0, 0.5]}]

    task = two_joints(edit=edit)
    store = create_run(tmp_path / "runs", task, RunConfig(task.name, "pilqr", 2, 2, 0, (0, 1)))
    for condition in (0, 1):
        store.save_policy(0, condition, task.initial_policy(condition), np.ones(task.T))
    return store


def told(run, **options):
    """Return the parameters that the server of a run's policy is started with."""
    chosen = graph.DeploymentOptions(run=str(run.directory), **options)
    (server,) = (one for one in graph.starts(chosen, DEPLOYED) if one.name == "policy_server")
    names = ("run", "policy", "policy_digest", "condition")
    return ServerParameters(**{name: server.parameters[name] for name in names})


def test_the_server_is_told_which_policy_it_is_to_serve(run):
    told(run).check_policy(run, 0)
    told(run, condition="d").check_policy(run, 1)
    assert told(run).policy_digest != told(run, condition="d").policy_digest


def test_a_policy_that_was_edited_or_trained_further_meanwhile_is_refused(run):
    started = told(run)
    policy = run.task.initial_policy(0)
    for condition in (0, 1):
        run.save_policy(1, condition, replace(policy, k=policy.k + 0.1), np.ones(run.task.T))
    with pytest.raises(NodeError, match="another one than when the nodes were started"):
        started.check_policy(run, 0)
    told(run).check_policy(run, 0)


def test_a_server_that_is_started_by_hand_takes_any(run):
    ServerParameters(run=str(run.directory)).check_policy(run, 0)


def test_no_other_node_is_told(run):
    starts = graph.starts(graph.DeploymentOptions(run=str(run.directory)), DEPLOYED)
    assert [one.name for one in starts if "policy_digest" in one.parameters] == ["policy_server"]


def test_a_set_of_conditions_is_told_before_any_node_is_started(two_joints, tmp_path):
    def edit(content):
        (first,) = content["conditions"]
        drawn = {"name": "some", "like": first["name"], "count": 2, "seed": 0}
        shift = {"of": ["joints"], "low": [-0.1, -0.1], "high": [0.1, 0.1]}
        content["drawn_conditions"] = [drawn | {"shifts": [shift]}]

    task = two_joints(edit=edit)
    store = create_run(tmp_path / "runs", task, RunConfig(task.name, "pilqr", 2, 2, 0, (0,)))
    with pytest.raises(TaskError, match="condition: 'some' is a set of 2"):
        told(store, condition="some")


def test_a_condition_that_was_not_trained_in_is_told_before_any_node_is_started(run):
    path = run.directory / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"conditions": [0]}))
    with pytest.raises(RunError, match="it has no policy of 'd', but of c"):
        told(run, condition="d")


def test_a_run_without_a_policy_is_told_before_any_node_is_started(run):
    (run.directory / "iteration_000" / "condition_0" / "policy.npz").unlink()
    with pytest.raises(RunError, match=r"policy\.npz"):
        told(run)
