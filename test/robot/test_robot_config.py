import pytest
import yaml

from pilqr_ros.robot.errors import RobotConfigError
from pilqr_ros.robot.robot_config import load_robot_config
from pilqr_ros.robot.robot_parameters import robot_parameters
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.config_files import find_config


@pytest.fixture(scope="module")
def task():
    return load_task("hockey_lightarm")


@pytest.fixture
def edited(task, tmp_path):
    """Return a function that loads the light arm's file after setting one key."""

    def load(path, value):
        content = yaml.safe_load(find_config("lightarm", "robot", "robots").read_text())
        section = content
        for part in path[:-1]:
            section = section[part]
        section[path[-1]] = value
        file = tmp_path / "robot.yaml"
        file.write_text(yaml.safe_dump(content))
        return load_robot_config(str(file), task)

    return load


def test_the_light_arm_is_described_whole(task):
    config = load_robot_config("lightarm", task)
    assert config.topics(task) == {
        "joint_states": "/lightarm/joint_states",
        "effort_controller/commands": "/lightarm/effort_controller/commands",
        "mocap/puck/pose": "/vrpn_mocap/hockey_puck/pose",
    }
    values = robot_parameters(config, task)
    assert values["robot_joints"][0] == "lightarm_shoulder_yaw"
    assert values["torque_limits"] == [30.0, 30.0, 20.0, 20.0, 8.0, 8.0, 4.0]
    assert "torque_rate_limits" not in values
    assert values["mocap_xyz"] == [1.2, -0.8, 0.0]
    named = robot_parameters(config, task, "arm1")  # the site's names of frames are whole
    assert (named["base_frame"], named["mocap_frame"]) == ("lightarm_base", "mocap")
    assert values["command_timeout"] == 0.1


def test_what_is_left_out_has_the_usual_names(task, tmp_path):
    file = tmp_path / "plain.yaml"
    file.write_text("name: plain")
    config = load_robot_config(str(file), task)
    assert all(usual == topic for usual, topic in config.topics(task).items())
    values = robot_parameters(config, task)
    assert values["base_frame"] == values["mocap_frame"] == "base"
    named = robot_parameters(config, task, "arm1")
    assert named["base_frame"] == named["mocap_frame"] == "arm1/base"
    assert not {"robot_joints", "torque_limits"} & set(values)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("topic",), "x", r"robot\.yaml:\d+: topic: is not a known key; there are: name"),
        (
            ("joint_states", "topic"),
            "a b",
            r"joint_states\.topic: is 'a b', must be a topic's name: words of letters",
        ),
        (
            ("joint_states", "topic"),
            "x --ros-args",
            r"joint_states\.topic: .*, must be a topic's name: words of letters",
        ),
        (
            ("joint_states", "topic"),
            "x:=/cmd",
            r"joint_states\.topic: .*, must be a topic's name: words of letters",
        ),
        (("joint_states", "rate"), 5, r"joint_states\.rate: is 5, must be from 20 to 500$"),
        (
            ("effort", "command_timeout"),
            -1,
            r"effort\.command_timeout: is -1, must be from 0 to 10$",
        ),
        (
            ("motion_capture", "xyz"),
            [0, 0],
            r"motion_capture\.xyz: is \[0, 0\], must have 3 entries, has 2$",
        ),
        (("motion_capture", "rpy"), [0, 0, float("nan")], r"motion_capture\.rpy.*finite"),
        (("motion_capture", "topics"), {"ball": "x"}, r"topics\.ball: is no body .* has: puck"),
        (
            ("joints",),
            {"elbow": "x"},
            r"joints\.elbow: is no joint of the task; it",
        ),
        (("joints", "la_joint_1"), "lightarm_wrist_roll", r"two joints are called 'lightarm_wrist"),
        (("limits",), {"la_joint_7": {"torque_limit": 9}}, r"limit: 9 is more than the task's 5"),
        (("limits",), {"la_joint_7": {"torque_limit": 0}}, r"limit: is 0, must be more than 0$"),
        (("reset", "max_speed"), 30, r"reset\.max_speed: is 30, must be from 0\.01 to 2$"),
    ],
)
def test_a_wrong_key_is_named_with_value_and_what_is_allowed(edited, path, value, problem):
    with pytest.raises(RobotConfigError, match=problem):
        edited(path, value)


def test_an_unknown_robot_is_refused_with_those_there_are(task):
    with pytest.raises(RobotConfigError, match=r"no robot 'r2d2'; robots: lightarm, or a path"):
        load_robot_config("r2d2", task)
