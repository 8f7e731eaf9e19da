from dataclasses import replace

import pytest

from pilqr_ros.runs.errors import RunConfigError
from pilqr_ros.runs.run_config import RunConfig, check_config, plan_of
from pilqr_ros.tasks import Task


def test_what_is_not_asked_for_is_the_task_files(task):
    config = RunConfig.for_task(task, "pilqr", seed=0)
    file = task.file.learning
    assert (config.iterations, config.rollouts) == (file.iterations, file.rollouts)
    assert config.conditions == task.condition_indices(file.conditions)
    asked = RunConfig.for_task(task, "pi2", seed=5, iterations=1, rollouts=3, conditions=[2])
    assert asked == RunConfig("hockey", "pi2", 1, 3, 5, (2,))


def test_a_run_of_no_iterations_is_refused_not_taken_for_the_task_files(task):
    with pytest.raises(RunConfigError, match="iterations is 0, expected 1 to"):
        RunConfig.for_task(task, "pilqr", seed=0, iterations=0)


def test_a_method_trains_as_long_as_the_task_file_says_for_its_kind(task):
    assert plan_of(task, "pilqr").iterations == task.learning.iterations == 25
    assert plan_of(task, "mdgps-pilqr").iterations == task.guided.iterations == 60
    without = task.source.replace("  iterations: 60\n", "")
    same = Task.from_text(without, folder=task.folder)
    assert plan_of(same, "mdgps-pilqr").iterations == 25


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "plug"}, "task is 'plug', expected 'hockey'"),
        ({"method": "sarsa"}, "method is 'sarsa', expected one of pilqr"),
        ({"iterations": 0}, "iterations is 0, expected 1 to"),
        ({"rollouts": 1}, "rollouts is 1, expected 2 to"),
        ({"seed": -1}, "seed is -1"),
        ({"conditions": ()}, "conditions is empty"),
        ({"conditions": (0, 0)}, "expected each index once"),
        ({"conditions": (103,)}, "condition is 103, expected 0 to 102"),
    ],
)
def test_a_run_that_cannot_be_done_is_refused_with_the_reason(task, config, change, message):
    with pytest.raises(RunConfigError, match=message):
        check_config(replace(config, **change), task)
