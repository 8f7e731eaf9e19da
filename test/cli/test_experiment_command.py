import math
import re

import pytest
from typer.testing import CliRunner

from pilqr_ros.cli import app

pytest.importorskip("pyarrow", reason="pyarrow is not installed")


def invoke(*arguments):
    result = CliRunner().invoke(app, ["experiment", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_comparison_is_told_and_drawn_the_same_from_its_table_when_the_runs_are_gone(
    two_joints, tmp_path
):
    two_joints()
    options = ["--methods", "pi2", "--seeds", 2, "--iterations", 1, "--workers", 1]
    said = invoke(tmp_path / "two_joints.yaml", *options, "--directory", tmp_path / "runs")
    (made,) = (tmp_path / "runs").rglob("comparison.parquet")
    kept = made.rename(tmp_path / "kept.parquet")
    again = invoke("--table", kept)
    figures = re.search(r"last policies.*?(?=figure:)", said, re.DOTALL)
    assert figures is not None
    assert figures[0] in again
    for name in ("distance", "cost", "success_rate", "profile"):
        assert (tmp_path / f"kept_{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_figure_of_the_paper_tells_what_the_paper_says_of_it(tmp_path):
    from pilqr_ros.experiments.learning_table import LearningTable, Measured
    from pilqr_ros.experiments.table_file import write_table

    rows = tuple(
        Measured("pilqr", seed, phase, place, 20, 20, 1.0, distance, 0.0)
        for seed in (0, 1)
        for phase in ("training", "final")
        for place, distance in (("far to the right", 0.5), ("down", 0.1))
    )
    path = write_table(LearningTable("pusher", "distance [m]", rows), tmp_path / "figure3.parquet")
    said = invoke("figure3", "--table", path)
    assert "0.500 (0.500 to 0.500)" in said
    assert "only PILQR reaches the block of the hardest condition" in said
    assert "0.100 (0.100 to 0.100)" in invoke("figure10", "--table", path)


def test_peers_of_a_table_are_told_and_drawn_with_its_networks(tmp_path):
    from pilqr_ros.experiments.learning_table import LearningTable, Measured
    from pilqr_ros.experiments.table_file import write_table

    def row(variant, phase, place, trained_on, distance, cost):
        return Measured(variant, 0, phase, place, trained_on, 300, 0.5, distance, cost)

    rows = (
        row("mdgps-pilqr", "training", "training 0", 3, 0.2, 1.0),
        row("mdgps-pilqr", "test", "test", 0, 0.2, 1.0),
        row("mdgps-pilqr", "test", "test", 480, 0.05, 1.0),
        row("ddpg", "test", "test", 12000, 0.04, math.nan),
        row("trpo", "test", "test", 72000, math.nan, math.nan),
    )
    path = write_table(LearningTable("reacher", "distance [m]", rows), tmp_path / "f.parquet")
    said = invoke("figure4", "--table", path)
    assert "rollouts to a distance [m] of 0.05 in test 'test'" in said
    assert re.search(r"ddpg +│ +1 of 1 │ +12000 │ +25 │", said)
    assert re.search(r"trpo +│ +0 of 1 │ +more than 72000 │ +more than 150 │", said)
    assert "beside it" not in said
    assert (tmp_path / "f_test_test.png").read_bytes().startswith(b"\x89PNG")
    said = invoke("figure4", "--table", path, "--within", 0.045)
    assert "of 0.045 in test" in said
    assert re.search(r"ddpg +│ +1 of 1 │ +12000 │ +- │", said)


def test_runs_that_were_begun_otherwise_are_not_told_as_the_wanted_ones(two_joints, tmp_path):
    two_joints()
    arguments = [tmp_path / "two_joints.yaml", "--methods", "pi2", "--seeds", 1, "--workers", 1]
    arguments += ["--directory", tmp_path / "runs"]
    invoke(*arguments)
    (made,) = (tmp_path / "runs").rglob("comparison.parquet")
    made.unlink()
    task = tmp_path / "two_joints.yaml"
    task.write_text(task.read_text().replace("rollouts: 5", "rollouts: 4"))
    result = CliRunner().invoke(app, ["experiment", *map(str, arguments)])
    assert result.exit_code == 1
    assert "rollouts is 4, but the run has 5" in str(result.exception)
    assert "another --directory" in str(result.exception)
    assert not made.exists()


def write_rows(path, *rows, task="pusher"):
    from pilqr_ros.experiments.learning_table import LearningTable, Measured
    from pilqr_ros.experiments.table_file import write_table

    made = tuple(Measured("pilqr", 0, *row, 20, 20, 1.0, 0.5, 0.0) for row in rows)
    return write_table(LearningTable(task, "distance [m]", made), path)


def test_a_test_of_any_name_is_drawn_beside_its_table(tmp_path):
    table = write_rows(
        tmp_path / "in" / "kept.parquet", ("training", "down"), ("test", "/../../out")
    )
    invoke("--table", table)
    assert (tmp_path / "in" / "kept_test________out.png").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("row", "task", "problem"),
    [
        (("final", "down"), "pusher", "no iteration has ended at far to the right"),
        (("training", "middle"), "hockey", "is of hockey, figure3 is of pusher"),
    ],
)
def test_a_table_without_what_a_figure_shows_is_refused_in_words(row, task, problem, tmp_path):
    table = write_rows(tmp_path / "kept.parquet", row, task=task)
    result = CliRunner().invoke(app, ["experiment", "figure3", "--table", str(table)])
    assert result.exit_code == 1
    assert problem in str(result.exception)


def test_a_cluster_is_chosen_instead_of_processes_of_this_machine(tmp_path):
    arguments = ["experiment", "hockey", "--address", "auto", "--directory", str(tmp_path)]
    result = CliRunner().invoke(app, [*arguments, "--workers", "2"])
    assert result.exit_code == 2
    assert "--workers are of this machine" in result.output


def test_a_cluster_that_does_not_answer_is_an_error_in_words(tmp_path):
    pytest.importorskip("ray", reason="ray is not installed")
    arguments = ["experiment", "hockey", "--address", "127.0.0.1:1", "--directory", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "no Ray cluster answers at '127.0.0.1:1'" in str(result.exception)
