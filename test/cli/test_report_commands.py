"""The commands that show a run, on one that is too short to have learned anything."""

import shutil

import pytest
from typer.testing import CliRunner

from pilqr_ros.cli import app
from pilqr_ros.learning import InProcessCollector, RunConfig, TaskCostEvaluator, Trainer
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.tasks import load_task


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    task = load_task("hockey")
    config = RunConfig.for_task(task, "pilqr", seed=0, iterations=2, rollouts=4)
    store = create_run(tmp_path_factory.mktemp("runs"), task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return store.directory


def invoke(*command, **asked):
    return CliRunner().invoke(app, [str(part) for part in command], **asked)


def test_what_stands_out_is_exit_code_1(run):
    result = invoke("diagnose", run)
    assert result.exit_code == 1
    assert "untouched" in result.output


def test_nothing_that_stands_out_is_exit_code_0(run, monkeypatch):
    monkeypatch.setattr("pilqr_ros.cli.report_commands.judge_run", lambda store: ())
    result = invoke("diagnose", run)
    assert (result.exit_code, result.output.strip()) == (0, "nothing stands out")


def test_runs_are_compared_in_a_table_and_a_picture(run, tmp_path):
    picture, other = tmp_path / "both.png", shutil.copytree(run, tmp_path / "other")
    result = invoke("compare", run, other, "--picture", picture)
    assert result.exit_code == 0, result.output
    assert result.output.count("never") == 2
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_picture_of_a_comparison_goes_beside_the_first_run(run, tmp_path, monkeypatch):
    other, elsewhere = shutil.copytree(run, tmp_path / "runs" / "other"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert invoke("compare", run, other).exit_code == 0
    assert (run.parent / "comparison.png").exists()
    assert list(elsewhere.iterdir()) == []


def test_one_run_is_compared_with_nothing(run, tmp_path):
    result = invoke("compare", run, "--picture", tmp_path / "one.png")
    assert result.exit_code == 2
    told = "".join(result.output.replace("│", " ").split())
    assert "twoormore" in told
    assert f"pilqrreport{run}" in told
    assert list(tmp_path.iterdir()) == []


def test_the_command_for_one_run_can_be_pasted(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "a run")
    told = "".join(invoke("compare", copy).output.replace("│", " ").split())
    assert f"pilqrreport'{tmp_path}/arun'`" in told


def test_a_report_goes_where_it_is_asked_for(run, tmp_path):
    result = invoke("report", run, "--output", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    assert "<h1>hockey</h1>" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("command", "option", "name", "allowed"),
    [
        ("report", "--output", "task.yaml", ".html or .htm"),
        ("compare", "--picture", "task.yaml", ".png or .pdf or .svg"),
        ("compare", "--picture", "curves", ".png or .pdf or .svg"),
    ],
)
def test_what_is_drawn_is_not_written_into_a_file_of_another_kind(
    run, command, option, name, allowed
):
    path, kept = run / name, (run / "task.yaml").read_bytes()
    result = invoke(command, run, option, path)
    assert result.exit_code == 2
    assert f"must end in {allowed}" in " ".join(result.output.replace("│", " ").split())
    assert not (run / "curves").exists()
    assert (run / "task.yaml").read_bytes() == kept


@pytest.mark.parametrize("command", ["report", "plot", "compare"])
def test_of_a_run_without_a_finished_iteration_it_is_said_what_is_the_matter(
    run, tmp_path, command
):
    trained = open_run(run)
    begun = create_run(tmp_path, trained.task, trained.config).directory
    others = (run,) if command == "compare" else ()
    with pytest.raises(RunError) as refused:
        invoke(command, begun, *others, catch_exceptions=False)
    assert str(refused.value) == (
        f"{begun} has no finished iteration yet: `pilqr train --resume {begun}` goes on with it"
    )


def test_a_condition_of_an_evaluation_is_not_chosen(run):
    with pytest.raises(Exception, match="--condition is of --learning"):
        CliRunner().invoke(
            app, ["video", str(run), "--condition", "middle"], catch_exceptions=False
        )


def test_how_a_run_learned_is_filmed_side_by_side(run, monkeypatch):
    filmed = []
    monkeypatch.setattr(
        "pilqr_ros.cli.filming.film",
        lambda task, rollouts, path, *, beside, advance: filmed.append((rollouts, path, beside)),
    )
    result = invoke("video", run, "--learning")
    assert result.exit_code == 0, result.output
    assert "iterations 1, 2, row by row" in result.output
    ((rollouts, path, beside),) = filmed
    assert (len(rollouts), path, beside) == (2, run / "learning_0.mp4", True)


@pytest.mark.parametrize("below", ["", "set"])
def test_a_data_set_is_not_written_into_the_run(run, below, monkeypatch):
    monkeypatch.chdir(run.parent)
    before = sorted(run.rglob("*"))
    with pytest.raises(RunError, match=f"lies in {run} itself: give a folder elsewhere"):
        invoke("export", run, f"{run.name}/{below}", catch_exceptions=False)
    assert sorted(run.rglob("*")) == before


def test_a_runs_rollouts_are_a_data_set_that_is_read_back(run, tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pilqr_ros.datasets import episodes_of, read_lerobot

    result = invoke("export", run, tmp_path / "set")
    assert result.exit_code == 0, result.output
    count = len(episodes_of(open_run(run)).episodes)
    assert f"{count} rollouts" in result.output
    assert "left out" not in result.output
    assert len(read_lerobot(tmp_path / "set").episodes) == count
