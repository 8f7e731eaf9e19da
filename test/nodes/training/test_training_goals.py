import json
from dataclasses import replace

import numpy as np
import pytest

from pilqr_msgs.action import TrainLocal
from pilqr_msgs.msg import Origin as OriginMessage
from pilqr_ros.learning.errors import RequestError
from pilqr_ros.nodes.training.training_goals import training_plan
from pilqr_ros.runs.errors import RunConfigError, RunError
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run
from pilqr_ros.tasks import load_task


@pytest.fixture(scope="module")
def task():
    return load_task("hockey")


@pytest.fixture
def begun(tmp_path, task):
    return create_run(tmp_path, task, RunConfig("hockey", "pi2", 2, 4, 3, (0, 2)))


@pytest.fixture
def plan(begun, task):
    """Return a function that plans a goal which continues the run, and keeps what was warned of."""
    warned = []

    def planned(**fields):
        goal = TrainLocal.Goal(resume=str(begun.directory), **fields)
        return training_plan(goal, task, warned.append)

    planned.warned = warned
    return planned


def test_fields_that_are_empty_are_as_the_run_was_begun(plan, begun):
    config, store = plan()
    assert (config, store.directory) == (begun.config, begun.directory)
    same = {"method": "pi2", "iterations": 2, "rollouts": 4, "seed": 3, "conditions": [0, 2]}
    assert plan(**same)[0] == begun.config


@pytest.mark.parametrize(
    ("field", "value"),
    [("method", "pilqr"), ("iterations", 1), ("rollouts", 5), ("seed", 7), ("conditions", [0])],
)
def test_a_field_that_differs_from_the_run_is_refused_by_name(plan, field, value):
    with pytest.raises(RunError, match=f"begun otherwise: {field} is .*, but the run has "):
        plan(**{field: value})


def test_a_run_that_is_continued_may_be_given_more_iterations(plan, begun):
    config, store = plan(iterations=5)
    assert config == store.config == replace(begun.config, iterations=5)


def test_other_digits_to_come_are_warned_of(plan, begun):
    path = begun.directory / "run.json"
    description = json.loads(path.read_text())
    description["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(description))
    plan()
    assert [text for text in plan.warned if text.startswith("numpy is ")]


def test_a_new_run_may_start_from_a_trained_one(begun, task):
    for condition in (0, 2):
        for iteration in (1, 2):  # as if it had been trained
            first = task.initial_policy(condition)
            begun.save_policy(iteration, condition, first, np.ones(first.T))
    trained = OriginMessage(run=str(begun.directory))
    goal = TrainLocal.Goal(method="pilqr", iterations=2, conditions=[2], origin=trained)
    config, store = training_plan(goal, task, print)
    assert store is None
    assert config.origin == Origin(str(begun.directory))
    goal.conditions = [1]
    with pytest.raises(RunConfigError, match="no policy of condition 'left', but of middle, right"):
        training_plan(goal, task, print)
    with pytest.raises(RequestError, match="origin is for a new run"):
        training_plan(TrainLocal.Goal(resume="runs/x", origin=trained), task, print)


def test_a_new_run_takes_what_is_not_asked_for_from_the_task(task):
    goal = TrainLocal.Goal(method="pilqr", iterations=2, seed=4)
    config, store = training_plan(goal, task, print)
    assert store is None
    usual = RunConfig.for_task(task, "pilqr", seed=4)
    assert config == replace(usual, iterations=2)
