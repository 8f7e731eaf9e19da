import json
from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.learning.extension import keep_prolonged, prolonged
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.errors import RunConfigError, RunError
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_lock import only_training
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.tasks import Task, load_task


@pytest.fixture
def train(collector, task):
    """Return a function that trains a run to its end."""
    return lambda store: Trainer(store, collector, TaskCostEvaluator(task)).run()


def extended(store, iterations):
    """Return a run that was given more iterations, opened again."""
    keep_prolonged(prolonged(open_run(store.directory), iterations))
    return open_run(store.directory)


def without_tried(arrays):
    return {name: value for name, value in arrays.items() if "/tried/" not in name}


def test_a_run_that_was_given_more_iterations_has_the_numbers_of_one_that_was_asked_for_them(
    store, task, config, train, tmp_path, arrays_of_run
):
    train(store)
    tried = store.rollout(2, 0, 0)
    longer = extended(store, 4)
    assert longer.config == replace(config, iterations=4)
    train(longer)
    whole = create_run(tmp_path / "whole", task, replace(config, iterations=4))
    train(whole)
    found = arrays_of_run(store.directory)
    assert without_tried(found) == arrays_of_run(whole.directory)
    kept = found["iteration_002/condition_0/tried/rollout_00.npz:states"]
    assert kept == tried.states.tolist()
    assert longer.rollout(2, 0, 0).noise.any()  # that of the last policy had none


def test_a_last_policy_that_went_half_way_back_begins_again_as_it_was_updated(
    store, task, config, train, tmp_path, arrays_of_run, flaky
):
    evaluator = TaskCostEvaluator(task)
    Trainer(store, flaky(invalid=lambda call: 8 < call <= 13), evaluator).run()
    assert (store.directory / "iteration_002/condition_0/refused_0").is_dir()
    halved = store.policy(2, 0)[0]
    train(extended(store, 3))
    whole = create_run(tmp_path / "whole", task, replace(config, iterations=3))
    train(whole)
    found = arrays_of_run(store.directory)
    assert without_tried(found) == arrays_of_run(whole.directory)
    assert found["iteration_002/condition_0/tried/policy.npz:k"] == halved.k.tolist()
    assert "iteration_002/condition_0/tried/refused_0/policy.npz:reason" in found


def test_an_interrupted_run_can_be_given_more_iterations_too(
    store, task, config, train, tmp_path, arrays_of_run, collector
):
    stopped = Trainer(store, collector, TaskCostEvaluator(task))
    stopped.on_summary = lambda summary: setattr(stopped, "should_stop", lambda: True)
    with pytest.raises(Exception, match="stopped"):
        stopped.run()
    longer = extended(store, 3)
    train(longer)
    whole = create_run(tmp_path / "whole", task, replace(config, iterations=3))
    train(whole)
    assert arrays_of_run(store.directory) == arrays_of_run(whole.directory)


def test_the_description_tells_what_was_asked_for_before(store):
    extended(store, 3)
    extended(store, 5)
    description = json.loads((store.directory / "run.json").read_text())
    assert (description["iterations"], description["extended_from"]) == (5, [2, 3])


def test_nothing_is_written_before_it_goes_on_and_fewer_iterations_change_nothing(store):
    begun = (store.directory / "run.json").read_bytes()
    assert prolonged(store, 7).config.iterations == 7
    for same in (None, 0, 1, 2):
        assert prolonged(store, same).config == store.config
        keep_prolonged(prolonged(store, same))
    assert (store.directory / "run.json").read_bytes() == begun


def test_more_iterations_than_any_run_has_are_refused(store):
    with pytest.raises(RunConfigError, match="iterations is"):
        prolonged(store, 10**9)


def test_a_run_that_is_being_trained_is_not_extended(store):
    with only_training(store.directory), pytest.raises(RunError, match="being trained"):
        extended(store, 3)
    assert open_run(store.directory).config.iterations == 2


def variant(task, learning):
    """Return a task with other settings of learning."""
    keys = task.keys()
    text = json.dumps({**keys, "learning": {**keys["learning"], **learning}})
    return Task.from_text(text, folder=None, origin="variant.yaml")


def test_where_the_noise_follows_the_calendar_more_iterations_are_refused_with_the_reason(
    task, config, tmp_path
):
    other = variant(task, {"settings": {"annealing": {"rule": "calendar", "share": 0.5}}})
    store = create_run(tmp_path, other, config)
    with pytest.raises(RunError, match=r"cannot be given 3: annealing.rule is calendar, .* 50%"):
        prolonged(store, 3)
    still = variant(task, {"settings": {"annealing": {"rule": "calendar", "share": 0.0}}})
    assert prolonged(create_run(tmp_path, still, config), 3).config.iterations == 3


def test_a_run_that_converged_and_ends_then_is_not_extended(
    task, config, tmp_path, train, monkeypatch
):
    monkeypatch.setattr("pilqr_ros.learning.stop_rule.Standings.converged", lambda *_: True)
    store = create_run(tmp_path, variant(task, {"until_converged": True}), config)
    with pytest.raises(RunError, match="until_converged ends it there"):
        prolonged(store, 3)


@pytest.mark.parametrize("key", ["ramp", "branching"])
def test_where_the_coupling_to_the_network_has_changed_more_iterations_are_refused(tmp_path, key):
    keys = load_task("hockey").keys()
    changing = {"start": 0.5, "ramp": 0.0, "branching": 0.0, key: 0.5}
    rising = {"settings": {"coupling": changing}, "local_settings": {}}
    text = json.dumps({**keys, "mdgps": {**keys["mdgps"], **rising}})
    task = Task.from_text(text, folder=None, origin="variant.yaml")
    config = RunConfig("hockey", "mdgps-pilqr", iterations=4, rollouts=4, seed=0, conditions=(0, 2))
    store = create_run(tmp_path, task, config)
    assert prolonged(store, 8).config.iterations == 8  # nothing is done yet
    for iteration in (1, 2):
        for condition in config.conditions:
            first = task.initial_policy(condition)
            store.save_policy(iteration, condition, first, np.ones(first.T))
        store.network_path(iteration).write_bytes(b"")
    with pytest.raises(RunError, match=rf"mdgps\.coupling\.{key} is a share"):
        prolonged(store, 8)


def test_both_last_policies_of_an_extended_run_keep_their_evaluations(
    store, train, collector, task
):
    train(store)

    def evaluate(which):
        evaluator = PolicyEvaluator(which, collector, TaskCostEvaluator(task))
        evaluator.run(EvaluationConfig(rollouts=1))

    evaluate(store)
    longer = extended(store, 3)
    train(longer)
    evaluate(longer)
    found = sorted(path.name for path in (store.directory / "evaluations").iterdir())
    assert found == ["iteration_002_seed_0", "iteration_003_seed_0"]
