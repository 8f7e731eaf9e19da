from pathlib import Path

import pytest
from typer.testing import CliRunner

from pilqr_ros.cli import app


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def unstable(two_joints, tmp_path):
    two_joints(edit=lambda content: content["initial_policy"].update(damping=[45, 45]))
    return tmp_path / "two_joints.yaml"


def test_a_sound_task_is_one_table_and_exit_code_0(two_joints, tmp_path):
    two_joints()
    result = invoke("check", tmp_path / "two_joints.yaml", "--rollouts", 3)
    assert result.exit_code == 0, result.output
    assert "0 FAIL" in result.output


def test_a_fault_is_exit_code_1_with_what_to_do(unstable):
    result = invoke("check", unstable, "--rollouts", 3)
    assert result.exit_code == 1
    assert "initial_policy.damping" in result.output


def test_a_training_says_at_once_that_its_hold_is_unstable(unstable, tmp_path):
    options = ["--iterations", 1, "--rollouts", 2, "--evaluation", 0, "--no-video"]
    result = invoke("train", unstable, *options, "--in-process", "--runs", tmp_path / "runs")
    assert "hold: spectral radius as sampled: 1." in result.stderr


def test_a_new_task_is_written_where_one_is_and_can_be_checked(tmp_path, monkeypatch):
    arm = Path(__file__).parents[2] / "examples" / "tutorial_arm.xml"
    monkeypatch.chdir(tmp_path)
    written = invoke("new", "mine", "--robot", arm)
    assert written.exit_code == 0, written.output
    assert "pilqr check mine.yaml" in written.output
    assert invoke("check", "mine.yaml", "--rollouts", 2).exit_code == 0


def test_torque_limits_that_are_no_numbers_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke("new", "mine", "--robot", "arm.xml", "--torque-limits", "10,strong")
    assert result.exit_code == 2
    assert "expected numbers" in result.output


def test_an_arm_whose_weight_is_not_compensated_is_pointed_out(tmp_path, monkeypatch):
    arm = Path(__file__).parents[2] / "examples" / "tutorial_arm.xml"
    (tmp_path / "heavy.xml").write_text(arm.read_text().replace(' gravcomp="1"', ""))
    monkeypatch.chdir(tmp_path)
    assert "use --adapt" in invoke("new", "bare", "--robot", "heavy.xml").stderr
    adapted = invoke("new", "borne", "--robot", "heavy.xml", "--adapt")
    assert adapted.exit_code == 0
    assert adapted.stderr == ""


def test_options_of_an_origin_without_one_are_refused(tmp_path):
    for option, value in (("--noise-scale", 0.5), ("--from-samples", 2), ("--from-iteration", 3)):
        result = invoke("train", "reacher", option, value, "--in-process", "--runs", tmp_path)
        assert result.exit_code == 2
        assert f"{option} is of --from" in " ".join(result.output.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []
