from dataclasses import replace

import numpy as np
import pytest
import yaml

from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.learning.guided_strategy import GuidedStrategy
from pilqr_ros.learning.strategy import LocalStrategy, strategy_for
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.atomic import write_arrays
from pilqr_ros.runs.errors import RunConfigError, RunError
from pilqr_ros.runs.rollout_batch import batch_of
from pilqr_ros.runs.run_config import RunConfig, check_config
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.tasks import Task


def task_from(hockey, **settings):
    """Return hockey with a network of the usual settings, but for these."""
    document = yaml.safe_load(hockey.source)
    document["mdgps"]["settings"] = settings
    return Task.from_text(yaml.safe_dump(document), folder=hockey.folder)


@pytest.fixture(scope="module")
def guided_task(task):
    return task_from(task)


@pytest.fixture
def guided_config():
    return RunConfig("hockey", "mdgps-pilqr", 2, 3, seed=3, conditions=(0,))


@pytest.fixture
def make_trainer(tmp_path, collector):
    def make(task, config, name="run", collector=collector, **options):
        store = create_run(tmp_path / name, task, config)
        return Trainer(store, collector, TaskCostEvaluator(task), **options)

    return make


@pytest.mark.parametrize("method", ["mdgps-pilqr", "mdgps-lqr-flm", "mdgps-pi2"])
def test_local_and_global_policies_are_trained_and_kept(
    guided_task, guided_config, make_trainer, method
):
    trainer = make_trainer(guided_task, replace(guided_config, method=method, iterations=1))
    told = []
    trainer.on_progress = told.append
    trainer.run()
    store = trainer.store
    assert store.iterations_finished == 1
    first, last = store.network(0), store.network(1)
    assert first.sizes == (guided_task.observation(0).dO, 42, 42, 7)
    assert not np.allclose(first.weights[0], last.weights[0])
    assert not np.allclose(store.policy(0, 0)[0].k, store.policy(1, 0)[0].k)
    assert np.isfinite(told[-1].mean_cost)
    assert (store.directory / "iteration_001/supervised.json").exists()


@pytest.mark.parametrize("source", ["local", "global"])
@pytest.mark.parametrize("rollouts_before", [2, 3, 5])
def test_an_interrupted_run_continues_bit_for_bit(
    task, guided_config, make_trainer, flaky, arrays_of_run, source, rollouts_before
):
    guided_task = task_from(task, sample_from=source)
    whole = make_trainer(guided_task, guided_config)
    whole.run()
    counted = flaky()
    stopped = make_trainer(
        guided_task,
        guided_config,
        "other",
        collector=counted,
        should_stop=lambda: counted.calls >= rollouts_before,
    )
    with pytest.raises(TrainingStopped):
        stopped.run()
    resumed = flaky()
    store = open_run(stopped.store.directory)
    Trainer(store, resumed, stopped.evaluator).run()
    assert counted.calls + resumed.calls == 6
    assert arrays_of_run(store.directory) == arrays_of_run(whole.store.directory)


def test_a_supervised_step_can_be_stopped_and_is_done_again(
    task, guided_config, make_trainer, arrays_of_run
):
    guided_task = task_from(task, supervised={"epochs": 20})
    config = replace(guided_config, iterations=1)
    whole = make_trainer(guided_task, config)
    whole.run()
    asked = []

    def should_stop():
        asked.append(stopped.store.started(1, 0))
        return asked.count(True) > 5

    stopped = make_trainer(guided_task, config, "other", should_stop=should_stop)
    with pytest.raises(TrainingStopped):
        stopped.run()
    assert stopped.store.network(1) is None
    stopped.should_stop = lambda: False
    stopped.run()
    assert arrays_of_run(stopped.store.directory) == arrays_of_run(whole.store.directory)


def test_an_iteration_without_its_supervised_step_is_not_finished(
    guided_task, guided_config, make_trainer, arrays_of_run
):
    trainer = make_trainer(guided_task, guided_config)
    trainer.run()
    kept = arrays_of_run(trainer.store.directory)
    (trainer.store.directory / "iteration_002/network.npz").unlink()
    assert trainer.store.iterations_finished == 1
    trainer.run()
    assert arrays_of_run(trainer.store.directory) == kept


@pytest.mark.parametrize("common", [True, False])
def test_conditions_can_share_noise_and_start(task, guided_config, make_trainer, common):
    guided_task = task_from(task, common_random_numbers=common)
    conditions = guided_task.guided.conditions
    config = replace(guided_config, iterations=1, conditions=conditions)
    trainer = make_trainer(guided_task, config)
    trainer.run()
    assert trainer.store.rollout(0, conditions[0], 0).noise.any()
    for sample in range(config.rollouts):
        one, other = (trainer.store.rollout(0, condition, sample) for condition in conditions)
        assert (one.seed == other.seed) == common
        silent = not one.noise.any()  # the last one may be without noise
        assert silent == (not other.noise.any())
        assert np.array_equal(one.noise, other.noise) == (common or silent)
        assert np.array_equal(one.states[0, :7], other.states[0, :7]) == common


def test_the_reference_branches_off_what_the_network_does_for_all_conditions(
    task, guided_config, make_trainer
):
    guided_task = task_from(task, coupling={"start": 1.0, "branching": 0.5})
    conditions = guided_task.guided.conditions
    trainer = make_trainer(guided_task, replace(guided_config, conditions=conditions))
    trainer.run()
    store = trainer.store
    batches = {
        c: batch_of([(store.rollout(0, c, n), store.cost(0, c, n)) for n in range(3)])
        for c in conditions
    }
    strategy = GuidedStrategy(store, lambda: None)
    for iteration, shared in ((0, conditions), (1, None)):
        strategy.begin_updates(iteration, batches)
        network = store.network(iteration)
        for c in conditions:
            x = batches[c].states
            found = strategy.reference(store.policy(0, c)[0], c)
            action = np.einsum("tij,tj->ti", found.K, x.mean(axis=0)) + found.k
            seen = [guided_task.observation(g).of(x) for g in shared or (c,)]
            wanted = np.mean([network(one).mean(axis=0) for one in seen], axis=0)
            np.testing.assert_allclose(action, wanted, rtol=1e-9, atol=1e-12)


def test_rollouts_can_come_from_the_global_policy(task, guided_config, make_trainer):
    guided_task = task_from(task, sample_from="global")
    trainer = make_trainer(guided_task, guided_config)
    trainer.run()
    policy = NeuralPolicy(trainer.store.network(1), guided_task.observation(0))
    rollout = trainer.store.rollout(1, 0, 0)
    again = [policy.act(t, rollout.states[t], rollout.noise[t]) for t in range(guided_task.T)]
    np.testing.assert_array_equal(rollout.commanded, again)


def test_the_global_policy_is_evaluated_unless_the_local_ones_are_asked_for(
    guided_task, guided_config, make_trainer
):
    trainer = make_trainer(guided_task, replace(guided_config, iterations=1))
    trainer.run()
    evaluator = PolicyEvaluator(trainer.store, trainer.collector, trainer.evaluator)
    neural = evaluator.run(EvaluationConfig(rollouts=1))[0].rollout
    local = evaluator.run(EvaluationConfig(rollouts=1, policy="local"))[0].rollout
    policy = NeuralPolicy(trainer.store.network(1), guided_task.observation(0))
    silent = np.zeros(guided_task.dU)
    np.testing.assert_array_equal(neural.commanded[7], policy.act(7, neural.states[7], silent))
    assert not np.allclose(local.commanded, neural.commanded)
    assert len(list(trainer.store.directory.glob("evaluations/*/summary.json"))) == 2


def test_what_does_not_fit_together_is_refused(
    guided_task, guided_config, make_trainer, task, tmp_path
):
    bare = Task.from_text(task.source.partition("mdgps:")[0], folder=task.folder)
    with pytest.raises(RunConfigError, match="no section mdgps"):
        check_config(guided_config, bare)
    with pytest.raises(RunConfigError, match=r"expected one of pilqr, .*mdgps-pi2"):
        check_config(replace(guided_config, method="mdgps"), guided_task)
    trainer = make_trainer(guided_task, guided_config)
    with pytest.raises(RunError, match="no global policy of iteration 0"):
        PolicyEvaluator(trainer.store, trainer.collector, trainer.evaluator).run(EvaluationConfig())
    local = create_run(tmp_path, guided_task, replace(guided_config, method="pilqr"))
    evaluator = PolicyEvaluator(local, InProcessCollector(guided_task), trainer.evaluator)
    with pytest.raises(RunError, match="trains local ones only"):
        evaluator.run(EvaluationConfig(policy="global"))
    write_arrays(local.directory / "iteration_000/network.npz", {"mean": np.zeros(3)})
    with pytest.raises(RunError, match=r"network\.npz"):
        local.network(0)


def test_a_run_gets_the_strategy_that_it_needs(guided_task, guided_config, tmp_path):
    store = create_run(tmp_path, guided_task, guided_config)
    assert isinstance(strategy_for(store, print), GuidedStrategy)
    store.config = replace(guided_config, method="pi2")
    assert isinstance(strategy_for(store, print), LocalStrategy)
