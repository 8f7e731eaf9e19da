import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
import typer
import yaml
from typer.testing import CliRunner

from pilqr_ros.cli import app, main
from pilqr_ros.cli.arguments import given_options
from pilqr_ros.cli.sessions import InProcessSession
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_store import find_runs, open_run
from pilqr_ros.tasks import load_task

SHORT = ["--iterations", "1", "--rollouts", "4", "--evaluation", "2", "--no-video", "--in-process"]


@pytest.fixture
def runner():
    return CliRunner()


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """A folder with the run of a short training, and what was said meanwhile."""
    runs = tmp_path_factory.mktemp("runs")
    result = CliRunner().invoke(app, ["train", "hockey", *SHORT, "--runs", str(runs)])
    assert result.exit_code == 0, result.output
    return runs, result.output


@pytest.fixture
def trained(training, tmp_path):
    """A copy of that run for one test, and what was said."""
    runs, said = training
    shutil.copytree(runs, tmp_path, dirs_exist_ok=True)
    return next(find_runs(tmp_path)), said


def test_training_leaves_a_run_with_curve_policy_and_rollouts(trained):
    run, output = trained
    assert (run / "learning_curve.png").exists()
    assert (run / "iteration_001" / "condition_0" / "policy.npz").exists()
    assert len(list(run.glob("iteration_000/condition_0/rollout_??.npz"))) == 4
    assert json.loads((run / "run.json").read_text())["method"] == "pilqr"
    assert "evaluation" in output


def test_a_finished_run_can_be_resumed_evaluated_plotted_and_listed(trained, runner):
    run, _ = trained
    for command in (
        ["train", "--resume", str(run), "--in-process", "--evaluation", "0"],
        ["evaluate", str(run), "--rollouts", "1", "--in-process", "--explore"],
        ["plot", str(run)],
        ["runs", str(run.parents[1])],
    ):
        result = runner.invoke(app, command)
        assert result.exit_code == 0, result.output
    assert re.search(r"hockey.*pilqr.*1/1", result.output)


def test_a_finished_run_is_given_more_iterations_and_says_so(trained, runner):
    run, _ = trained
    command = ["train", "--resume", str(run), "--iterations", "2", "--in-process"]
    result = runner.invoke(app, [*command, "--evaluation", "0", "--no-video"])
    assert result.exit_code == 0, result.output
    assert "goes on to 2 iterations; it was asked for 1" in result.output
    listed = runner.invoke(app, ["runs", str(run.parents[1])]).output
    assert re.search(r"hockey.*pilqr.*2/2", listed)


def test_conditions_are_trained_and_evaluated_by_name(runner, tmp_path):
    options = [*SHORT, "--conditions", "left,right", "--runs", str(tmp_path)]
    result = runner.invoke(app, ["train", "hockey", *options])
    assert result.exit_code == 0, result.output
    run = next(find_runs(tmp_path))
    assert json.loads((run / "run.json").read_text())["conditions"] == [1, 2]
    command = ["evaluate", str(run), "--rollouts", "1", "--in-process", "--conditions", "right"]
    result = runner.invoke(app, command)
    assert re.search(r"right.*1", result.output)
    assert "distance [m]" in result.output
    assert "left" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "hockey", *SHORT, "--conditions", "up"], "no condition 'up'; there are: middle"),
        (["train", "no-such-task", "--in-process"], "no-such-task"),
        (["train", "hockey", "--method", "sarsa", "--in-process"], "method is 'sarsa'"),
        (["train", "hockey", *SHORT, "--runs", "/dev/null/runs"], "/dev/null/runs"),
        (["train", "hockey", *SHORT, "--attach"], "--in-process uses no nodes"),
        (["experiment", "hockey", "--methods", "pilqr sarsa"], "method is 'sarsa'"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_1(arguments, message, monkeypatch, capsys):
    errors = refused(arguments, monkeypatch, capsys)
    assert message in errors
    assert "Traceback" not in errors


def test_each_mistake_in_a_task_file_is_a_line_with_its_place(tmp_path, monkeypatch, capsys):
    text = load_task("hockey").source
    wrong = text.replace("rate: 20", "rate: -1").replace("within:", "withim:")
    (tmp_path / "mine.yaml").write_text(wrong)
    said = refused(["train", str(tmp_path / "mine.yaml"), "--in-process"], monkeypatch, capsys)
    lines = [wrong[: wrong.index(key)].count("\n") + 1 for key in ("rate: -1", "withim:")]
    assert said.splitlines() == [
        f"pilqr: {tmp_path / 'mine.yaml'}:{lines[0]}: control.rate: is -1, must be more than 0",
        f"pilqr: {tmp_path / 'mine.yaml'}:{lines[1]}: success.withim: is not a known key; did you"
        " mean 'within'?",
    ]


def test_a_damaged_run_is_named_and_the_others_are_listed(trained, runner, capsys):
    run, _ = trained
    damaged = run.with_name("damaged")
    damaged.mkdir()
    (damaged / "run.json").write_text("{")
    result = runner.invoke(app, ["runs", str(run.parents[1])])
    assert result.exit_code == 0
    assert re.search(r"1/1", result.output)
    assert re.search(r"damaged is left out: .*run\.json cannot be read", result.stderr)


def test_the_runs_of_a_folder_are_listed_with_whole_paths_however_narrow_the_terminal_is(
    trained, runner, monkeypatch
):
    run, _ = trained
    monkeypatch.setattr("pilqr_ros.cli.console.console.width", 40)
    for command in (["runs", str(run.parents[1])], ["runs", "--runs", str(run.parents[1])]):
        result = runner.invoke(app, command)
        assert result.exit_code == 0, result.output
        assert [line for line in result.output.splitlines() if f" {run} " in line]


def test_a_folder_without_runs_says_so(runner, tmp_path):
    result = runner.invoke(app, ["runs", str(tmp_path)])
    assert f"no runs in {tmp_path}" in result.output


@pytest.fixture
def one_at_a_time(monkeypatch):
    """Let rollouts be executed one after the other, so that a test can count them."""
    monkeypatch.setattr("pilqr_ros.cli.sessions.rollouts_at_once", lambda: 1)


def test_an_interrupted_training_says_how_to_go_on(tmp_path, monkeypatch, capsys, one_at_a_time):
    collect, calls = InProcessCollector.collect, []

    def interrupted(self, *args, **kwargs):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return collect(self, *args, **kwargs)

    monkeypatch.setattr(InProcessCollector, "collect", interrupted)
    monkeypatch.setattr("sys.argv", ["pilqr", "train", "hockey", *SHORT, "--runs", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 130
    run = next(find_runs(tmp_path))
    again = f"pilqr train --resume {run} --evaluation 2 --no-video --in-process"
    assert f"interrupted; `{again}` continues" in capsys.readouterr().err
    assert len(list(run.glob("iteration_000/condition_0/rollout_0?.npz"))) == 2


def test_a_training_starts_from_a_run_that_lists_and_card_name(trained, runner, tmp_path):
    run, _ = trained
    options = [*SHORT, "--runs", str(tmp_path / "new"), "--from", str(run), "--noise-scale", "0.25"]
    result = runner.invoke(app, ["train", "hockey", *options])
    assert result.exit_code == 0, result.output
    new = next(find_runs(tmp_path / "new"))
    assert open_run(new).config.origin == Origin(str(run), 1, 0.25, 0)
    assert f"Started from: policies after 1 iterations of {run}" in re.sub(
        r"\\", "", (new / "policy_card.md").read_text()
    )
    listed = [runner.invoke(app, ["runs", str(tmp_path / each)]).output for each in ("new", ".")]
    assert [bool(re.search(r"\bfrom\b", output)) for output in listed] == [True, False]


def test_a_run_of_another_structure_is_no_origin(trained, monkeypatch, capsys):
    run, _ = trained
    problem = refused(["train", "door", "--from", str(run), "--in-process"], monkeypatch, capsys)
    assert f"door cannot start from {run}: its policies are of another kind" in problem
    both = ["train", "--resume", str(run), "--from", str(run), "--in-process"]
    assert "--from begins a new run" in refused(both, monkeypatch, capsys)


def refused(arguments, monkeypatch, capsys):
    """Run the command, which must fail, and return what it says."""
    monkeypatch.setattr("sys.argv", ["pilqr", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [["up", "hockey"], ["confirm"], ["train", "hockey", "--iterations", "1"]]
)
def test_without_ros_the_nodes_are_refused_with_what_to_do(command, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    problem = refused(command, monkeypatch, capsys)
    assert "rclpy is not installed here: run `make setup`" in problem


def test_the_sros2_policy_is_printed_without_ros(monkeypatch, runner):
    for module in ("rclpy", "pilqr_msgs"):
        monkeypatch.setitem(sys.modules, module, None)
    result = runner.invoke(app, ["sros2-policy"])
    assert result.output == (Path(__file__).parents[1] / "config/sros2/policy.xml").read_text()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["plug"], "task is 'plug', but the run has 'hockey'"),
        (["--method", "pi2"], "method is 'pi2', but the run has 'pilqr'"),
        (["--seed", "7"], "seed is 7, but the run has 0"),
        (["--rollouts", "5"], "rollouts is 5, but the run has 4"),
        (["--conditions", "left, right"], "conditions is (1, 2), but the run has (0,)"),
    ],
)
def test_resuming_a_run_as_another_is_refused(trained, monkeypatch, capsys, asked, message):
    run, _ = trained
    assert message in refused(["train", *asked, "--resume", str(run)], monkeypatch, capsys)


def test_resuming_a_run_whose_description_does_not_fit_its_task_is_refused(
    trained, monkeypatch, capsys
):
    run, _ = trained
    description = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(description | {"task": "juggling"}))
    problem = refused(["train", "--resume", str(run)], monkeypatch, capsys)
    assert "task is 'juggling', expected 'hockey'" in problem


def test_resuming_with_a_task_file_that_was_edited_since_is_refused(
    trained, tmp_path, monkeypatch, capsys
):
    run, _ = trained
    document = yaml.safe_load((run / "task.yaml").read_text())
    document["joints"][0]["torque_limit"] = 1.25
    edited = tmp_path / "hockey.yaml"
    edited.write_text(yaml.safe_dump(document))
    problem = refused(["train", str(edited), "--resume", str(run)], monkeypatch, capsys)
    assert "joints[0].torque_limit is 1.25, but the run has" in problem


def test_a_run_whose_own_task_file_was_edited_is_not_continued_and_read_with_a_warning(
    trained, monkeypatch, capsys, runner
):
    run, _ = trained
    with (run / "task.yaml").open("a") as file:
        file.write("# edited\n")
    problem = refused(["train", "--resume", str(run), "--in-process"], monkeypatch, capsys)
    assert "task.yaml is not as it was when the run was begun" in problem
    for command in (["plot", str(run)], ["runs", str(run.parents[1])]):
        read = runner.invoke(app, command)
        assert read.exit_code == 0
        assert "task.yaml is not as it was when the run was begun" in read.stderr


@pytest.mark.parametrize(("iterations", "is_left"), [("1", True), ("2", False)])
def test_a_film_is_kept_while_it_shows_the_last_policy(trained, runner, iterations, is_left):
    run, _ = trained
    film = run / "rollout.mp4"
    film.write_bytes(b"of the policy that the run has now")
    command = ["train", "--resume", str(run), "--iterations", iterations, "--no-video"]
    result = runner.invoke(app, [*command, "--in-process", "--evaluation", "1"])
    assert result.exit_code == 0, result.output
    assert film.exists() == is_left
    assert (f"{film} showed an earlier policy and is removed" in result.output) != is_left


def test_a_resumed_training_says_which_copy_of_the_task_it_uses(trained, runner):
    run, _ = trained
    command = ["train", "--resume", str(run), "--in-process", "--evaluation", "0"]
    expected = f"task: {run / 'task.yaml'}, as it was when the run was begun"
    assert expected in runner.invoke(app, command).output
    description = json.loads((run / "run.json").read_text())
    del description["files"]
    (run / "run.json").write_text(json.dumps(description))
    resumed = runner.invoke(app, command)
    assert expected not in resumed.output
    assert "has no digests of its files" in resumed.stderr


@pytest.fixture
def broken_later(monkeypatch, one_at_a_time):
    """Let training's rollouts fail from some call on, and return a switch for evaluations."""
    collect, calls, switch = InProcessCollector.collect, [], {"evaluates": True}

    def failing(self, policy, condition, seed, explore, jitter):
        rollout = collect(self, policy, condition, seed, explore, jitter)
        calls.append(seed)
        works = len(calls) <= switch["from"] or (not explore and switch["evaluates"])
        return rollout if works else replace(rollout, valid=False, reason="j1 is out of bounds")

    monkeypatch.setattr(InProcessCollector, "collect", failing)
    return switch


FAILING = ["train", "plug", "--iterations", "3", "--rollouts", "2", "--evaluation", "1"]


def failed_training(directory, monkeypatch, capsys):
    """Run a training that must fail, and return the run and what was said on both streams."""
    command = ["pilqr", *FAILING, "--no-video", "--in-process", "--runs", str(directory)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    return next(find_runs(directory)), capsys.readouterr()


def test_a_training_that_fails_leaves_its_best_policy_evaluated_and_its_curve(
    broken_later, tmp_path, monkeypatch, capsys
):
    broken_later["from"] = 4
    run, said = failed_training(tmp_path, monkeypatch, capsys)
    reports = [json.loads(path.read_text()) for path in sorted(run.rglob("report.json"))]
    costs = [sum(report["total_costs"]) for report in reports]
    assert len(costs) == 2
    best = costs.index(min(costs))
    (evaluated,) = (run / "evaluations").iterdir()
    assert evaluated.name.startswith(f"iteration_{best:03d}")
    assert (run / "learning_curve.png").exists()
    assert f"best policy so far is that of iteration {best + 1}" in said.err
    assert "evaluation" in said.out
    assert said.err.rstrip().endswith(
        f"--resume {run} --evaluation 1 --no-video --in-process` continues"
    )
    assert "j1 is out of bounds" in said.err


def test_a_robot_that_cannot_evaluate_either_hides_neither_curve_nor_reason(
    broken_later, tmp_path, monkeypatch, capsys
):
    broken_later |= {"from": 2, "evaluates": False}
    run, said = failed_training(tmp_path, monkeypatch, capsys)
    assert (run / "learning_curve.png").exists()
    assert "no evaluation: evaluation, condition 0, rollout 0" in said.err
    assert said.err.rstrip().endswith(
        f"--resume {run} --evaluation 1 --no-video --in-process` continues"
    )


@pytest.mark.parametrize(
    ("problem", "code", "told"),
    [
        (TrainingError("j1 is out of bounds"), 1, "j1 is out of bounds"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_a_training_whose_evaluation_ends_early_leaves_its_card_and_says_where_it_is(
    problem, code, told, tmp_path, monkeypatch, capsys
):
    def ended(*_):
        raise problem

    monkeypatch.setattr(InProcessSession, "evaluate", ended)
    monkeypatch.setattr("sys.argv", ["pilqr", "train", "hockey", *SHORT, "--runs", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == code
    run, said = next(find_runs(tmp_path)), capsys.readouterr()
    assert "1 iterations" in (run / "policy_card.md").read_text()
    assert f"run: {run}\n" in said.out
    again = f"pilqr train --resume {run} --evaluation 2 --no-video --in-process"
    assert said.err.endswith(
        f"{run} is trained, its evaluation ended early: {told}; `{again}` evaluates it\n"
    )
    monkeypatch.undo()
    monkeypatch.setattr("sys.argv", again.split())
    with pytest.raises(SystemExit) as ended_well:
        main()
    assert ended_well.value.code == 0
    assert "evaluation" in capsys.readouterr().out


def test_a_training_that_fails_at_once_has_nothing_to_evaluate(
    broken_later, tmp_path, monkeypatch, capsys
):
    broken_later["from"] = 0
    run, said = failed_training(tmp_path, monkeypatch, capsys)
    assert not (run / "evaluations").exists()
    assert "it is the first policy" in said.err
    assert "continues" not in said.err
    assert "train it again, as a new run: this one keeps the file it was begun with" in said.err
    assert f"`pilqr train --resume {run} " in said.err


def test_halved_steps_stand_in_the_table(broken_later, tmp_path, monkeypatch, capsys, runner):
    broken_later["from"] = 2
    run, _ = failed_training(tmp_path, monkeypatch, capsys)
    broken_later["from"] = 10_000
    command = ["train", "--resume", str(run), "--in-process", "--evaluation", "0"]
    output = runner.invoke(app, command).output
    assert "halved" in output
    name = open_run(run).task.conditions[0].name
    assert re.search(rf"2 .* {name} .* 6 ", output)


@pytest.fixture
def with_ros():
    pytest.importorskip("rclpy", reason="ROS 2 is not in this environment")
    pytest.importorskip("pilqr_msgs", reason="pilqr_msgs is not built or not sourced")


EVERY_COMMAND = (
    ["up", "hockey"],
    ["robot", "hockey_lightarm", "--robot-config", "lightarm"],
    ["train", "hockey"],
    ["train", "hockey", "--attach"],
    ["guard", "stop"],
    ["confirm"],
    ["doctor"],
)


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_no_command_starts_anything_in_a_domain_that_is_none(
    with_ros, command, monkeypatch, capsys
):
    monkeypatch.setenv("ROS_DOMAIN_ID", "none")
    problem = refused(command, monkeypatch, capsys)
    assert problem == "pilqr: ROS_DOMAIN_ID is 'none', allowed is an integer from 0 to 232\n"


@pytest.mark.parametrize("command", [*EVERY_COMMAND, ["sros2-policy"]], ids=" ".join)
def test_no_command_starts_anything_in_a_namespace_that_is_none(
    with_ros, command, monkeypatch, capsys
):
    problem = refused([*command, "--namespace", "1 bad<"], monkeypatch, capsys)
    assert problem.startswith("pilqr: namespace is '1 bad<', allowed are names of letters")
    assert problem.count("\n") == 1


def test_a_wrong_task_is_told_once_before_any_node_is_started(with_ros, monkeypatch, capsys):
    problem = refused(["up", "juggling"], monkeypatch, capsys)
    assert problem.startswith("pilqr: no task 'juggling'; tasks: ")
    assert problem.count("\n") == 1


def test_how_a_training_goes_on_is_said_as_a_shell_takes_it(runner):
    app = typer.Typer()

    @app.command()
    def example(
        context: typer.Context,
        place: str = "",
        record: bool = True,
        loud: Annotated[bool, typer.Option("--loud")] = False,
        seed: int = 0,
        pace: float = 1.0,
    ) -> None:
        print(given_options(context, without={"seed"}))

    given = ["--place", "a b", "--no-record", "--loud", "--seed", "3"]
    assert runner.invoke(app, given).output == "--place 'a b' --no-record --loud\n"
    assert runner.invoke(app, []).output == "\n"


@pytest.mark.parametrize("option", ["--seed", "--evaluation", "--iterations", "--real-time-factor"])
def test_a_number_too_large_for_anything_is_refused(option, runner):
    result = runner.invoke(app, ["train", "hockey", "--in-process", option, "9" * 400])
    assert result.exit_code != 0
    assert result.exception is None or not isinstance(
        result.exception, (OverflowError, AssertionError)
    )
