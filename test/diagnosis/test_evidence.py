"""What is gathered of a run is what is on its disk."""

import numpy as np
import pytest

from pilqr_ros.diagnosis import diagnose
from pilqr_ros.diagnosis.evidence import gather
from pilqr_ros.learning import (
    InProcessCollector,
    RunConfig,
    TaskCostEvaluator,
    Trainer,
    create_run,
)
from pilqr_ros.tasks import load_task


def trained(folder, method, iterations=4):
    task = load_task("reacher")
    config = RunConfig.for_task(task, method, seed=0, iterations=iterations, conditions=(0, 1))
    store = create_run(folder, task, config)
    collector, evaluator = InProcessCollector(task), TaskCostEvaluator(task)
    if iterations:
        Trainer(store, collector, evaluator).run()
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("run"), "pilqr")


def test_the_evidence_is_of_the_last_finished_iterations(store):
    known = gather(store, 1)
    assert [report["iteration"] for report in known.reports] == [0, 1, 2, 3]
    assert {report["condition"] for report in known.reports} == {1}
    assert len(known.rollouts) == len(known.costs) == store.config.rollouts
    np.testing.assert_array_equal(known.rollouts[0].states, store.rollout(3, 1, 0).states)
    assert len(known.updates) == 3
    np.testing.assert_array_equal(known.last.k, store.policy(3, 1)[0].k)


def test_nothing_is_said_of_a_run_that_has_not_begun(tmp_path):
    task = load_task("reacher")
    config = RunConfig.for_task(task, "pilqr", seed=0, iterations=1, conditions=(0,))
    store = create_run(tmp_path, task, config)
    assert gather(store, 0) is None
    assert diagnose(store) == ()


def test_every_condition_is_judged_by_name(store):
    names = {store.task.conditions[index].name for index in store.config.conditions}
    assert {one.condition for one in diagnose(store)} <= names


@pytest.mark.parametrize("method", ["lqr-flm", "pi2"])
def test_a_run_of_any_method_can_be_judged(tmp_path, method):
    for one in diagnose(trained(tmp_path, method, iterations=2)):
        assert one.says


def test_a_network_is_compared_with_its_teacher(tmp_path):
    pytest.importorskip("torch")
    store = trained(tmp_path, "mdgps-pilqr", iterations=1)
    assert gather(store, 0).network_error > 0


@pytest.fixture
def store_of_hockey(task, config, tmp_path):
    return create_run(tmp_path, task, config)


def test_why_rollouts_were_discarded_is_counted(flaky, store_of_hockey):
    collector = flaky(lambda call: call in (2, 5, 7))
    Trainer(store_of_hockey, collector, TaskCostEvaluator(store_of_hockey.task)).run()
    known = gather(store_of_hockey, 0)
    assert known.discard_reasons == {"a late tick": 3}
    assert known.model_error.shape == (known.task.T - 1, len(known.task.layout.blocks))
