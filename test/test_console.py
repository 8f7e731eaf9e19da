"""Whatever a stranger's files hold, a command shows it as text: no markup, no escape, no crash."""

import json
import re
import shutil
import sys
from types import SimpleNamespace

import pytest

from pilqr_ros.cli import bars, console, main, tables
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.experiments.comparison import ComparedRun
from pilqr_ros.experiments.statistics import Estimate, Figures
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import RunConfig, create_run, open_run
from pilqr_ros.tasks import load_task

HOSTILE = "[/red][link=x]\x1b[2J\n$\\frac{$|<b>\x9b\u202e"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a task whose names are hostile, in a folder whose name is."""
    runs = tmp_path_factory.mktemp("runs")
    text = load_task("hockey").source
    text = re.sub(r"\bmiddle\b", lambda _: json.dumps(HOSTILE), text)
    folder = runs / "tasks" / "[bold]\x1b[31m"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(text)
    task = load_task(folder / "task.yaml")
    store = create_run(folder, task, RunConfig(task.name, "pilqr", 1, 2, 0, (0,)))
    collector, evaluator = InProcessCollector(task), TaskCostEvaluator(task)
    Trainer(store, collector, evaluator).run()
    PolicyEvaluator(store, collector, evaluator).run(EvaluationConfig(rollouts=1))
    return store.directory


def shown(monkeypatch, capfd, *arguments):
    """Run a command and return all that it wrote, which must hold no control character."""
    monkeypatch.setattr(sys, "argv", ["pilqr", *map(str, arguments)])
    with pytest.raises(SystemExit):
        main()
    written = "".join(capfd.readouterr())
    assert "Traceback" not in written
    assert not [one for one in written if not one.isprintable() and one != "\n"]
    return written


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "."],
        ["plot", "RUN"],
        ["train", "--resume", "RUN", "--in-process", "--evaluation", "0", "--no-video"],
        ["evaluate", "RUN", "--in-process", "--rollouts", "1"],
        ["evaluate", "RUN", "--in-process", "--conditions", HOSTILE],
        ["train", HOSTILE, "--in-process"],
        ["evaluate", "RUN", "--in-process", "--seed", "1" + "0" * 30],
        ["evaluate", "RUN", "--in-process", "--iteration", "9" * 5000],
        ["bag", "info", "RUN"],
        ["runs", "[/]"],
    ],
)
def test_a_hostile_name_is_shown_as_text(run, monkeypatch, capfd, arguments):
    monkeypatch.chdir(run.parents[1].parent)
    shown(monkeypatch, capfd, *(str(run) if one == "RUN" else one for one in arguments))


def test_the_card_of_a_hostile_task_is_plain_markdown(run):
    text = (run / "policy_card.md").read_text()
    assert "<b>" not in text
    assert "\\[/red\\]" in text
    assert all(one.isprintable() or one == "\n" for one in text)


@pytest.mark.parametrize("name", ["run.json", "task.yaml", "report.json"])
def test_a_hostile_file_of_a_run_is_an_error_of_one_line(run, monkeypatch, capfd, tmp_path, name):
    copy = tmp_path / "runs" / "a" / "b"
    shutil.copytree(run, copy)
    (path,) = list(copy.glob(f"**/{name}"))
    path.write_text(json.dumps({HOSTILE: HOSTILE, "format": HOSTILE}))
    assert shown(monkeypatch, capfd, "plot", copy).count("\n") == 1


def test_where_the_training_of_each_condition_stands_is_told(run, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    store = open_run(copy)
    (report,) = store.reports()
    tables.show_iterations(store)
    assert ": improving\n" in capsys.readouterr().out
    store.save_report(0, 0, report | {"standing": {"status": "stalled", "because": "of rest"}})
    tables.show_iterations(store)
    assert ": stalled, of rest\n" in capsys.readouterr().out
    del report["standing"]
    store.save_report(0, 0, report)
    tables.show_iterations(store)
    assert ": improving" not in capsys.readouterr().out


def test_a_single_seed_has_no_interval(capsys):
    nan = float("nan")
    alone = Figures("pilqr", 1, Estimate(0.25, nan, nan), Estimate(1.0, 0.2, 1.0), nan)
    several = Figures("pi2", 3, Estimate(0.5, 0.4, 0.625), Estimate(1.0, 0.4, 1.0), 0.5)
    tables.show_figures([alone, several], "gap [m]")
    told = capsys.readouterr().out
    assert "nan" not in told
    assert "0.500 (0.400 to 0.625)" in told


def test_findings_and_warnings_are_text(capfd):
    finding = SimpleNamespace(
        verdict=SimpleNamespace(value="FAIL"), subject=HOSTILE, message=HOSTILE, advice=HOSTILE
    )
    console.show_findings([finding])
    console.warn(HOSTILE)
    written = "".join(capfd.readouterr())
    assert "[/red]" in written
    assert "\x1b" not in written


def test_a_bar_shows_a_hostile_title_and_status(capfd):
    progress = SimpleNamespace(
        iterations=1,
        rollouts=1,
        iteration=0,
        rollout=0,
        mean_cost=1.0,
        success_rate=0.5,
        seconds_left=1.0,
        waiting_for=HOSTILE,
    )
    with bars.TrainingBar(HOSTILE) as bar:
        bar.update(progress)
    with bars.counting_bar(HOSTILE, 1) as advance:
        advance()
    assert "\x1b[2J" not in capfd.readouterr().out


def test_a_comparison_shows_a_hostile_condition(run, capfd):
    job = ComparedRun("hockey", HOSTILE, 0, run)
    outcome = {HOSTILE: {"successes": 1, "mean_distance": 0.1}}
    tables.show_comparison([job], {job: {"noise_free": outcome, "noisy": outcome}})
    assert "[/red]" in capfd.readouterr().out


def test_a_comparison_shows_the_measures_of_a_task(run, capfd):
    jobs = [ComparedRun("hockey", "pilqr", seed, run) for seed in (0, 1)]
    results = {}
    for job, angle in zip(jobs, (-0.5, -0.7), strict=True):
        summary = {"successes": 1, "mean_distance": 0.1, "mean_measures": {"least angle": angle}}
        results[job] = {"noise_free": {"c": summary}, "noisy": {"c": summary}}
    tables.show_comparison(jobs, results)
    assert "-0.600 +- 0.100" in capfd.readouterr().out


def test_a_comparison_shows_the_worst_of_a_measure_over_all_rollouts(run, capfd):
    jobs = [ComparedRun("hockey", "pilqr", seed, run) for seed in (0, 1)]
    results = {}
    for job, (least, greatest) in zip(jobs, ((-0.03, 0.04), (0.01, 0.05)), strict=True):
        summary = {"successes": 1, "mean_distance": 0.1, "mean_measures": {"clearance": 0.02}}
        summary |= {"least_measures": {"clearance": least}}
        summary |= {"greatest_measures": {"clearance": greatest}}
        results[job] = {"noise_free": {"c": summary}, "noisy": {"c": summary}}
    tables.show_comparison(jobs, results)
    assert "-0.030 to 0.050" in capfd.readouterr().out


def test_a_table_is_not_cut_where_there_is_no_terminal_and_nobody_says_where(monkeypatch, capsys):
    name = "runs/" + "a" * 300
    rows = console.table("", "directory")
    rows.add_row(name)
    monkeypatch.delenv("COLUMNS", raising=False)
    console.PlainConsole().print(rows)
    assert name in capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "60")
    console.PlainConsole().print(rows)
    written = capsys.readouterr().out
    assert max(map(len, written.splitlines())) == 60
    assert written.count("a") == 300
