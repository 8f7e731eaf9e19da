from dataclasses import replace

import numpy as np
import pytest
import yaml

from pilqr_ros.learning import stop_rule
from pilqr_ros.learning.progress import IterationSummary
from pilqr_ros.learning.stop_rule import Standings, relative_noise
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.convergence import Standing
from pilqr_ros.trajopt.record import StepStatus
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def summary(iteration, cost, success, condition=0, status=0):
    return IterationSummary(
        iteration=iteration,
        condition=condition,
        rollouts=2,
        rollouts_invalid=0,
        total_costs=np.full(2, cost),
        successes=np.full(2, success),
        distances=np.zeros(2),
        record={"status": np.full(4, int(status))},
        seconds_collecting=0.0,
        seconds_updating=0.0,
    )


def report(iteration, cost, success, condition=0):
    return {
        "iteration": iteration,
        "condition": condition,
        "total_costs": [cost] * 2,
        "successes": [success] * 2,
    }


def test_an_iteration_is_judged_by_those_of_its_condition_before_it():
    earlier = [report(i, 100.0 if i < 3 else 5.0, i > 2) for i in range(9)]
    others = [report(i, 5.0, False, condition=1) for i in range(9)]
    later = [report(9, 900.0, False), report(10, 900.0, False)]
    standings = Standings.of([*earlier, *others, *later])
    told = standings.judged(summary(9, 5.0, True)).standing
    assert told.status == "converged"
    told = standings.judged(summary(9, 5.0, False, 1, StepStatus.CONSTANT_COST)).standing
    assert told.status == "stalled"
    assert "cost the same" in told.because


def test_a_training_is_judged_the_same_as_it_goes_on_and_from_its_reports():
    kept, reports = Standings(), []
    for i in range(12):
        newest = summary(i, 100.0 if i < 3 else 5.0, i > 2)
        told = kept.judged(newest).standing
        assert told == Standings.of(reports).judged(newest).standing
        assert kept.converged(i + 1, (0,)) == (told.status == "converged")
        reports.append(report(i, 100.0 if i < 3 else 5.0, i > 2))
    assert kept.converged(12, (0,))


def stood(condition, status, iteration=4):
    standing = Standing(status)._asdict()
    return report(iteration, 5.0, True, condition) | {"standing": standing}


def test_a_run_has_converged_once_all_of_its_conditions_have():
    converged = [stood(0, "converged"), stood(2, "converged")]
    assert Standings.of(converged).converged(5, (0, 2))
    assert not Standings.of(converged).converged(4, (0, 2))
    assert not Standings.of(converged[:1]).converged(5, (0, 2))
    assert not Standings.of([converged[0], stood(2, "improving")]).converged(5, (0, 2))
    assert not Standings.of([report(4, 5.0, True)]).converged(5, (0,))
    assert not Standings().converged(0, (0,))


def test_noise_is_relative_joint_by_joint():
    first = TVLGPolicy(
        np.zeros((3, 2, 1)), np.zeros((3, 2)), np.tile(np.diag([1.0, 10.0]), (3, 1, 1))
    )
    last = replace(first, L=np.tile(np.diag([0.25, 10.0]), (3, 1, 1)))
    assert relative_noise(last, first.noise_std) == pytest.approx(0.5)


@pytest.fixture
def ending(task):
    """Hockey, trained until it has converged."""
    document = yaml.safe_load(task.source)
    document["learning"]["until_converged"] = True
    return Task.from_text(yaml.safe_dump(document), folder=task.folder, origin="hockey")


def test_a_training_ends_where_it_has_converged_and_stays_ended(
    ending, collector, config, tmp_path, monkeypatch
):
    monkeypatch.setattr(stop_rule, "standing", lambda _course: Standing("converged", "as told"))
    store = create_run(tmp_path, ending, config)
    for _ in range(2):
        Trainer(open_run(store.directory), collector, TaskCostEvaluator(ending)).run()
        assert store.iterations_finished == 1
    assert store.reports()[0]["standing"] == {"status": "converged", "because": "as told"}


def test_it_goes_on_where_the_task_does_not_ask_or_nothing_has_converged(
    ending, trainer, store, collector, config, tmp_path
):
    trainer.run()
    assert store.iterations_finished == config.iterations
    assert [report["standing"]["status"] for report in store.reports()] == ["improving"] * 2
    assert store.reports()[0]["noise"] == 1.0
    other = create_run(tmp_path / "other", ending, config)
    Trainer(other, collector, TaskCostEvaluator(ending)).run()
    assert other.iterations_finished == config.iterations
