"""The tutorial's commands work as they stand there; trainings are shortened."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pilqr_ros.cli import app
from pilqr_ros.runs.run_store import find_runs
from pilqr_ros.tasks import load_task

ROOT = Path(__file__).parents[1]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
SHORT = ["--iterations", "1", "--rollouts", "2", "--evaluation", "1", "--no-video"]


def commands():
    blocks = re.findall(r"```bash\n(.*?)```", TUTORIAL, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Stand where the tutorial's reader stands, beside the examples."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "my_tasks").mkdir()
    monkeypatch.chdir(tmp_path / "my_tasks")
    return tmp_path / "my_tasks"


def run(command):
    """Run one command of the tutorial as a reader would."""
    words = command.partition("#")[0].split()
    if words[0] != "pilqr":
        subprocess.run(command, shell=True, check=True, timeout=60)
        return
    result = CliRunner().invoke(app, words[1:] + SHORT * (words[1] == "train"))
    assert result.exit_code == (1 if "# fails" in command else 0), result.output


def test_every_command_does_what_it_is_said_to(place):
    for command in commands():
        if command.split()[0] not in ("source", "mkdir", "cd"):
            if command.startswith("cp "):
                written = load_task("push.yaml").file
            run(command)
    assert len(list(find_runs(place / "runs"))) == 2
    finished = load_task("push.yaml").file
    kept = ("models", "control", "joints", "initial_policy", "noise_smoothing")
    assert all(getattr(finished, key) == getattr(written, key) for key in kept)
    assert finished.conditions[0].joints == written.conditions[0].joints


def test_what_is_to_be_typed_into_the_file_stands_in_the_finished_one():
    finished = yaml.safe_load((ROOT / "examples" / "push.yaml").read_text())
    blocks = re.findall(r"```yaml\n(.*?)```", TUTORIAL, re.DOTALL)
    entries = [entry for block in blocks for entry in yaml.safe_load(block)]
    assert len(entries) == 4
    for entry in entries:
        assert entry in finished["state"] + finished["cost"]["terms"]


def test_the_arm_is_as_short_as_it_is_said_to_be():
    lines = (ROOT / "examples" / "tutorial_arm.xml").read_text().splitlines()
    assert f"{len(lines)} lines" in TUTORIAL
    assert len(lines) < 60


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", TUTORIAL))))
def test_each_link_leads_to_a_file(target):
    assert (ROOT / "docs" / target).exists()
