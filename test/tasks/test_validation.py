"""Flags and numbers in files, which may not stand for each other."""

from dataclasses import dataclass

import pytest

from pilqr_ros.robot.errors import RobotConfigError
from pilqr_ros.robot.robot_config import load_robot_config
from pilqr_ros.tasks import Task, TaskError, load_task
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.validation import validated


@dataclass(frozen=True)
class Example:
    rate: float = 1.0
    count: int = 1
    shown: bool = False
    place: tuple[float, ...] = ()


def test_values_of_the_right_kind_are_taken():
    given = {"rate": 2, "count": 3, "shown": True, "place": [0, 1.5]}
    assert validated(Example, given) == Example(2.0, 3, True, (0.0, 1.5))
    assert validated(Example, {"rate": "1e-5"}).rate == 1e-5  # text, as YAML reads it


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rate": True}, "rate: is true, must be a number"),
        ({"count": False}, "count: is false, must be a whole number"),
        ({"shown": 1}, "shown: is 1, must be true or false"),
        ({"shown": "no"}, "shown: is 'no', must be true or false"),
        ({"place": [1.0, True]}, "place[1]: is true, must be a number"),
    ],
)
def test_a_flag_is_no_number_and_a_number_no_flag(given, message):
    with pytest.raises(ConfigError) as refused:
        validated(Example, given)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ("rate: 20", "rate: true", "control.rate"),
        (
            "iterations: 25",
            "iterations: 25\n  settings: {pi2: {kl: true}}",
            "learning.settings.pi2.kl",
        ),
    ],
)
def test_a_task_file_with_a_flag_for_a_number_is_refused_by_its_key(right, wrong, key):
    text = load_task("hockey").source
    assert right in text
    with pytest.raises(TaskError, match=f"{key}: is true, must be a number"):
        Task.from_text(text.replace(right, wrong, 1))


def test_a_robots_file_with_a_flag_for_a_number_is_refused_by_its_key(tmp_path):
    file = tmp_path / "arm.yaml"
    file.write_text("name: arm\nreset: {deadline: true}\n")
    with pytest.raises(
        RobotConfigError, match=r"arm\.yaml:2: reset\.deadline: is true, must be a number from"
    ):
        load_robot_config(str(file), load_task("reacher"))
