import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from matplotlib.axes import Axes

from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator, summarise
from pilqr_ros.experiments.comparison import check_runs, plan, results, run_job, run_jobs
from pilqr_ros.experiments.figures import METRICS, draw_comparison, draw_tests
from pilqr_ros.experiments.learning_table import measure
from pilqr_ros.experiments.variants import VariantError
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_lock import held
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run_in, open_run
from pilqr_ros.sweeps.executor import SweepError
from pilqr_ros.sweeps.process_pool import ProcessPool
from pilqr_ros.tasks import TaskError, load_task


def test_a_comparison_runs_draws_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.experiments.comparison.EVALUATION_ROLLOUTS", 1)
    jobs = plan("hockey", ["pilqr", "pi2"], range(1), tmp_path, iterations=1)
    for job in jobs:
        run_job(job)
    found = results(jobs)
    assert {job.variant for job in found} == {"pilqr", "pi2"}
    stamps = {job: (job.directory / "result.json").stat().st_mtime_ns for job in jobs}
    run_jobs(jobs, ProcessPool(1))
    assert stamps == {job: (job.directory / "result.json").stat().st_mtime_ns for job in jobs}
    table = measure(jobs, found)
    for metric in METRICS:
        picture = draw_comparison(table, metric, tmp_path / f"{metric}.png")
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_a_comparison_that_is_ended_amid_its_runs(tmp_path, number):
    script = (
        "from pathlib import Path\n"
        "from pilqr_ros.experiments.comparison import plan, run_jobs\n"
        "from pilqr_ros.sweeps.process_pool import ProcessPool\n"
        "if __name__ == '__main__':\n"
        f"    jobs = plan('hockey', ['pi2'], range(3), Path({str(tmp_path)!r}))\n"
        "    run_jobs(jobs, ProcessPool(1))\n"
    )
    file = tmp_path / "comparison.py"
    file.write_text(script)
    parent = subprocess.Popen([sys.executable, file], start_new_session=True)
    try:
        _wait_for(lambda: any(tmp_path.rglob("rollout_*.npz")), 60.0)
        assert len(_group(parent.pid)) > 1
        parent.send_signal(number)
        parent.wait(30.0)
        _wait_for(lambda: not _group(parent.pid), 30.0)
    finally:
        for pid in _group(parent.pid):
            os.kill(pid, signal.SIGKILL)


def test_a_run_whose_process_is_killed_goes_on_with_what_it_has(two_joints, tmp_path):
    two_joints(edit=lambda content: content["learning"].update(iterations=20))
    task, runs = str(tmp_path / "two_joints.yaml"), tmp_path / "runs"
    kept = {}

    def kill():
        _wait_for(lambda: any(runs.rglob("iteration_001/*/policy.npz")), 60.0)
        (worker,) = multiprocessing.active_children()
        found = runs.glob("*/*/seed_0/iteration_*/*/rollout_*.npz")  # evaluations begin again
        kept.update({path: path.stat().st_mtime_ns for path in found})
        worker.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    jobs, problems = plan(task, ["pi2"], range(1), runs), []
    run_jobs(jobs, ProcessPool(1), lambda job, problem: problems.append(problem))
    killer.join()
    assert problems == [""]
    assert len(kept) >= 5
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    (whole,) = plan(task, ["pi2"], range(1), tmp_path / "whole")
    run_job(whole)
    assert results(jobs)[jobs[0]] == results([whole])[whole]


class Unwilling:
    """An executor that notes what it is asked to do, and says that it is done."""

    def __init__(self):
        self.asked = []

    def do(self, work, jobs):
        self.asked += jobs
        yield from ((job, "") for job in jobs)


def test_a_run_that_is_done_is_not_handed_out_again(two_joints, tmp_path):
    two_joints()
    jobs = plan(str(tmp_path / "two_joints.yaml"), ["pi2"], range(2), tmp_path, iterations=1)
    run_job(jobs[0])
    executor, told = Unwilling(), []
    run_jobs(jobs[:1], executor, lambda job, problem: told.append((job, problem)))
    assert (executor.asked, told) == ([], [(jobs[0], "")])


def test_a_result_that_is_not_here_ends_a_comparison_in_words(two_joints, tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.sweeps.sweep.MAX_DELAY", 0.0)
    two_joints()
    jobs = plan(str(tmp_path / "two_joints.yaml"), ["pi2"], range(2), tmp_path)
    with pytest.raises(SweepError, match="all machines must see the same --directory"):
        run_jobs(jobs, Unwilling())


def test_no_two_processes_are_at_one_run(two_joints, tmp_path):
    two_joints()
    (job,) = plan(str(tmp_path / "two_joints.yaml"), ["pi2"], range(1), tmp_path)
    job.directory.mkdir(parents=True)
    with held(job.directory / "job.lock", RunError("")), pytest.raises(RunError, match="another"):
        run_job(job)
    assert not (job.directory / "run.json").exists()


def test_every_seed_is_checked_and_the_task_of_a_variant_is_built_once(
    two_joints, tmp_path, monkeypatch
):
    task = two_joints()
    jobs = plan(str(tmp_path / "two_joints.yaml"), ["pi2"], range(3), tmp_path, iterations=1)
    for job in jobs:
        config = RunConfig.for_task(task, "pi2", seed=job.seed, iterations=1)
        create_run_in(job.directory, task, config)
    built = []
    monkeypatch.setattr(
        "pilqr_ros.experiments.comparison.load_task",
        lambda name: built.append(name) or load_task(name),
    )
    check_runs(jobs)
    assert built == [str(tmp_path / "two_joints.yaml")]
    text = (jobs[2].directory / "task.yaml").read_text()
    (jobs[2].directory / "task.yaml").write_text(text.replace("within: 0.02", "within: 0.03"))
    with pytest.raises(RunError, match=r"seed_2 .*within is 0\.02, but the run has 0\.03"):
        check_runs(jobs)
    shutil.rmtree(jobs[2].directory)
    shutil.copytree(jobs[1].directory, jobs[2].directory)
    with pytest.raises(RunError, match="seed is 2, but the run has 1"):
        check_runs(jobs)


def test_a_plan_is_the_same_in_any_folder(two_joints, tmp_path, monkeypatch):
    two_joints()
    monkeypatch.chdir(tmp_path)
    (job,) = plan("two_joints.yaml", ["pi2"], range(1), Path("runs"))
    assert job.task == str(tmp_path / "two_joints.yaml")
    assert job.directory == tmp_path / "runs" / "two_joints" / "pi2" / "seed_0"


def _wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _group(leader):
    """Return the living processes of a process group."""
    living = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = stat.read_text().partition(" ")
        except OSError:
            continue
        state, _, group = rest.rpartition(") ")[2].split()[:3]
        if int(group) == leader and state != "Z":
            living.append(int(pid))
    return living


def test_networks_are_tried_in_their_tasks_tests_as_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.experiments.comparison.EVALUATION_ROLLOUTS", 1)
    monkeypatch.setattr("pilqr_ros.experiments.generalisation.MAX_POINTS", 2)
    document = yaml.safe_load(load_task("hockey").source)
    document["learning"]["rollouts"] = 2
    document["mdgps"]["tests"] = {"goals": {"conditions": ["left", "middle"], "rollouts": 1}}
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(document))
    (job,) = plan(str(file), ["mdgps-lqr-flm"], range(1), tmp_path, iterations=1)
    run_job(job)
    found = results([job])
    first, last = found[job]["tests"]["goals"]
    assert (first["training_rollouts"], last["training_rollouts"]) == (0, 1 * 2 * 2)
    assert first["mean_cost"] != last["mean_cost"]
    again = _tried_again(job.directory, document["mdgps"]["tests"]["goals"])
    assert last == {"training_rollouts": 4, **again}
    picture = draw_tests(measure([job], found), "goals", tmp_path / "goals.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


def _tried_again(directory, test):
    """Return the figures of the last network in a test, evaluated once more."""
    store = open_run(directory)
    task = store.task
    evaluator = PolicyEvaluator(store, InProcessCollector(task), TaskCostEvaluator(task))
    conditions = task.condition_indices(test["conditions"])
    return summarise(evaluator.run(EvaluationConfig(rollouts=1, seed=0, conditions=conditions)))


def test_a_run_that_fails_is_reported_and_ends_no_other(tmp_path):
    jobs = plan("hockey", ["pilqr", "pi2"], range(1), tmp_path, iterations=1)
    jobs[0].directory.mkdir(parents=True)
    (jobs[0].directory / "run.json").write_text("{}")
    problems = {}
    run_jobs(jobs, ProcessPool(1), on_done=lambda job, problem: problems.update({job: problem}))
    assert "RunError" in problems[jobs[0]]
    assert problems[jobs[1]] == ""
    assert list(results(jobs)) == [jobs[1]]


@pytest.mark.parametrize(
    ("variant", "error", "message"),
    [("sarsa", VariantError, "method is 'sarsa'"), ("pilqr@colour=3", TaskError, "colour")],
)
def test_what_cannot_be_compared_is_refused_at_once(tmp_path, variant, error, message):
    with pytest.raises(error, match=message):
        plan("hockey", ["pilqr", variant], range(2), tmp_path)


def test_a_method_that_is_named_twice_runs_once(tmp_path):
    jobs = plan("hockey", ["pilqr", "pilqr"], range(2), tmp_path)
    assert len({job.directory for job in jobs}) == len(jobs) == 2


def test_a_run_that_was_begun_otherwise_is_not_mixed_in(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.experiments.comparison.EVALUATION_ROLLOUTS", 1)
    (job,) = plan("hockey", ["pi2"], range(1), tmp_path, iterations=1)
    run_job(job)
    with pytest.raises(RunError, match="iterations is 2, but the run has 1"):
        run_job(replace(job, iterations=2))
    task_file = job.directory / "task.yaml"
    text = task_file.read_text()
    task_file.write_text(text.replace("joint_jitter: 0.003", "joint_jitter: 0.004"))
    with pytest.raises(RunError, match=r"reset\.joint_jitter is 0\.003, but the run has 0\.004"):
        run_job(job)


def test_a_comparison_does_not_go_on_with_other_libraries(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.experiments.comparison.EVALUATION_ROLLOUTS", 1)
    (job,) = plan("hockey", ["pi2"], range(1), tmp_path, iterations=1)
    task = load_task("hockey")
    store = create_run_in(
        job.directory, task, RunConfig.for_task(task, "pi2", seed=0, iterations=1)
    )
    path = store.directory / "run.json"
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"versions": {"numpy": "1.0"}}))
    with pytest.raises(RunError, match=r"numpy is .*begun with 1\.0"):
        run_job(job)
    path.write_text(json.dumps(description))
    run_job(job)
    path.write_text(json.dumps(description | {"versions": {"numpy": "1.0"}}))
    run_job(job)  # it is finished: there is nothing to go on with


def test_seeds_of_other_defaults_are_shown_and_not_mixed_with_new_ones(two_joints, tmp_path):
    task = str(two_joints().folder / "two_joints.yaml")
    done, left = plan(task, ["pi2"], range(2), tmp_path / "runs")
    run_job(done)
    path = done.directory / "run.json"
    description = json.loads(path.read_text())
    description["settings"]["pi2"].pop("kl")
    path.write_text(json.dumps(description))
    check_runs([done])
    with pytest.raises(RunError, match=r"seed_0 was begun with other defaults: settings\.pi2\.kl"):
        check_runs([done, left])


def test_a_seed_without_iterations_takes_no_other_out_of_the_picture(tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.experiments.comparison.EVALUATION_ROLLOUTS", 1)
    jobs = plan("hockey", ["pi2"], range(2), tmp_path, iterations=1)
    run_job(jobs[1])
    config = replace(open_run(jobs[1].directory).config, seed=0)
    create_run_in(jobs[0].directory, load_task("hockey"), config)
    drawn = []
    monkeypatch.setattr(Axes, "legend", lambda axis, **style: drawn.extend(axis.lines))
    draw_comparison(measure(jobs, results(jobs)), "distance", tmp_path / "distance.png")
    assert "pi2 (1)" in [line.get_label() for line in drawn]
