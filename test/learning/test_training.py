import numpy as np
import pytest

from pilqr_ros.learning import training
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.trajopt.policy_update import update


def test_training_improves_the_policy_step_by_step(trainer, store):
    told = []
    trainer.on_progress = told.append
    trainer.run()
    assert store.iterations_finished == 2
    first, last = store.policy(0, 0)[0], store.policy(2, 0)[0]
    assert not np.allclose(first.k, last.k)
    assert [report["rollouts"] for report in store.reports()] == [4, 4]
    assert [report["interventions"] for report in store.reports()] == [{}, {}]
    assert [report["ticks"] for report in store.reports()] == [None, None]  # no clock in process
    for iteration, report in enumerate(store.reports()):
        arrays = np.load(store.directory / f"iteration_{iteration:03d}/condition_0/update.npz")
        kl, steps = report["update"]["lqr_kl"], report["update"]["steps"]
        assert kl["sampled"] == pytest.approx(arrays["kl_sampled"].sum())
        assert kl["wanted"] == pytest.approx(arrays["kl_wanted"].sum())
        assert steps["fell_back_to_cost"] == np.count_nonzero(arrays["status"] & 16)
    assert told[-1].iteration == 1
    assert told[-1].rollout == 4
    assert told[-1].seconds_left >= 0.0
    assert np.isfinite(told[-1].mean_cost)


def test_each_update_knows_its_turn(trainer, monkeypatch):
    told = []

    def spy(method, problem):
        told.append(problem.iteration)
        return update(method, problem)

    monkeypatch.setattr(training, "update", spy)
    trainer.run()
    assert told == [(0, 2), (1, 2)]


@pytest.mark.parametrize("rollouts_before", [1, 4, 6])
def test_an_interrupted_run_continues_bit_for_bit(
    trainer, store, flaky, task, config, tmp_path, arrays_of_run, rollouts_before
):
    trainer.run()
    other = create_run(tmp_path / "other", task, config)
    counted = flaky()
    evaluator = TaskCostEvaluator(task)
    interrupted = Trainer(
        other, counted, evaluator, should_stop=lambda: counted.calls >= rollouts_before
    )
    with pytest.raises(TrainingStopped):
        interrupted.run()
    resumed = flaky()
    Trainer(open_run(other.directory), resumed, evaluator).run()
    assert counted.calls + resumed.calls == 2 * 4 + 1  # the last policy is executed once, too
    assert arrays_of_run(other.directory) == arrays_of_run(store.directory)


def test_a_finished_run_has_nothing_left_to_do(trainer, flaky):
    trainer.run()
    again = flaky()
    trainer.collector = again
    trainer.run()
    assert again.calls == 0
