from importlib import resources

import numpy as np
import pytest

from pilqr_ros.tasks import Task, TaskError, load_task
from pilqr_ros.tasks.schema import Guard


def _set(path, value):
    """Return an edit that sets one key of a parsed task file."""

    def edit(content):
        for part in path[:-1]:
            content = content.setdefault(part, {}) if isinstance(content, dict) else content[part]
        if value is None:
            del content[path[-1]]
        else:
            content[path[-1]] = value

    return edit


ANGLES = [-0.756, 0.716, -1.577, -1.904, 1.994, -1.035, -1.525]

WRONG = [
    (("control", "rate"), 0, r"edited:\d+: control\.rate: is 0, must be more than 0$"),
    (("control", "rate"), 30, r"control\.rate: 30\.0 Hz is 16\.67 physics steps of 0\.002 s"),
    (("control", "steps"), 1.5, r"steps: is 1\.5, must be a whole number from 1 to 10000$"),
    (("control", "steps"), None, r"control\.steps: is missing"),
    (("control", "hertz"), 3, r"control\.hertz: is not a known key"),
    (("joints", 2, "torque_limit"), -1, r"joints\[2\]\.torque_limit: is -1, must be more than 0$"),
    (("joints", 2, "torque_limit"), float("inf"), r"joints\[2\]\.torque_limit: .*finite"),
    (
        ("joints", 2, "position_limits"),
        [1, -1],
        r"joints\[2\]\.position_limits: is \[1\.0, -1\.0\], allowed: \[lower",
    ),
    (
        ("joints", 3, "position_limits"),
        [-1, 0],
        r"\]\.joints\[3\]: .*outside \[-1, 0\]",
    ),
    (
        ("joints", 2, "velocity_limit"),
        0,
        r"joints\[2\]\.velocity_limit: is 0, must be more than 0$",
    ),
    (
        ("joints", 2, "name"),
        "elbow",
        r"joints\[2\]\.name: 'elbow' is no joint of the robot; there.*r_elbow_flex",
    ),
    (
        ("state", 2, "of"),
        "heel",
        r"state\[2\]\.of: 'heel' is no site of robot or tool; there.*blade",
    ),
    (("state", 4, "of"), "ball", r"state\[4\]\.of: 'ball' is no body of the models.*puck"),
    (("state", 4, "kind"), "body", r"state\[4\]\.kind: is 'body', must be one of .* body_position"),
    (("state", 4, "of"), None, r"state\[4\].*body_position block needs `of`"),
    (("state", 4, "name"), "blade", r"state\[4\]\.name: 'blade' is used twice"),
    (("state", 0, "of"), "blade", r"state\[0\].*joint_positions block takes `joints`, not `of`"),
    (
        ("cost", "terms", 0, "alpha"),
        "much",
        r"cost\.terms\[0\]\.alpha: is 'much', must be a number at least 0$",
    ),
    (("cost", "terms", 0, "of"), "puk", r"cost\.terms\[0\]\.of\[0\]: 'puk' is neither.*puck"),
    (
        ("cost", "terms", 0, "minus"),
        "gaol",
        r"cost\.terms\[0\]\.minus\[0\]: 'gaol' is neither.*goal",
    ),
    (("cost", "terms", 0, "minus"), ["goal", "goal"], r"cost\.terms\[0\]\.minus: has 2 names, exp"),
    (
        ("cost", "terms", 0, "minus"),
        "joint_positions",
        r"minus\[0\]: 'x' is no axis of 'joint_pos",
    ),
    (("cost", "terms", 0, "axes"), ["w"], r"cost\.terms\[0\]\.axes: 'w' is no axis of 'puck'"),
    (
        ("cost", "terms", 0, "ramp"),
        "cubic",
        r"ramp: is 'cubic', must be one of constant, linear, quadratic$",
    ),
    (("cost", "terms", 0, "active"), [5, 100], r"cost\.terms\[0\]\.active: \[5, 100\] must .* 100"),
    (("cost", "terms", 1, "name"), "goal", r"cost\.terms\[1\]\.name: 'goal' is used twice"),
    (("cost", "torque_weights"), [1.0, 2.0], r"cost\.torque_weights: has 2 entries.*1 or 7"),
    (("success", "within"), [0.1, 0.1], r"success\.within: has 2 entries.*3 bounds"),
    (("conditions", 0, "joints"), [0.0], r"conditions\[0\]\.joints: has 1 entries, expected 7"),
    (
        ("conditions", 0, "joints"),
        [9.0, *ANGLES[1:]],
        r"conditions\[0\]\.joints\[0\]: 9\.0 .*outside",
    ),
    (
        ("conditions", 0, "bodies", "pluck"),
        [0, 0, 0],
        r"conditions\[0\]\.bodies\.pluck: 'pluck' is",
    ),
    (
        ("conditions", 0, "bodies", "puck"),
        [0, 0],
        r"bodies\.puck: is \[0, 0\], must have 3 entries, has 2$",
    ),
    (
        ("conditions", 1, "targets", "goal"),
        [1, 2],
        r"minus\[0\]: target 'goal' has 2 entries, 'puck'",
    ),
    (
        ("initial_policy",),
        {"kind": "zero", "torque_std": [1.0]},
        r"initial_policy\.torque_std: has 1 entries, expec.* 7",
    ),
    (("initial_policy", "damping"), [1.0] * 7, r"takes all of stiffness, damping and torque_std"),
    (("initial_policy", "kind"), "zero", r"kind zero takes torque_std, and neither"),
    (("joints", 1, "name"), "r_shoulder_pan_joint", r"joints\[1\]\.name: 'r_shoulder_pan.*twice"),
    (("joints", 5, "torque_limit"), 11, r"joints\[5\]\.torque_limit: 11\.0 N m is more .*, 10 N m"),
    (("cost", "terms", 1, "name"), "torque", r"cost\.terms\[1\]\.name: 'torque' is the name of"),
    (("learning", "rollouts"), 1, r"learning\.rollouts: is 1, must be from 2 to 1000$"),
    (("learning", "iterations"), 1001, r"learning\.iterations: is 1001, must be from 1 to 1000$"),
    (("learning", "settings", "wings"), 2, r"learning\.settings\.wings: is not a known key"),
    (
        ("learning", "settings", "dynamics"),
        {"prior": "bad"},
        r"settings\.dynamics\.prior: is 'bad', must be one of gmm, gaussian, none$",
    ),
    (
        ("learning", "settings", "covariance"),
        {"damping": 0.5},
        r"learning\.settings\.covariance\.damping: is 0\.5, allowed: a number at least 1$",
    ),
    (("models", "scene"), "rink.xml", r"models\.scene: 'rink\.xml' not found; looked at "),
    (("name",), "Hockey Night", r"name: is 'Hockey Night', must be small letters, digits"),
]


@pytest.mark.parametrize(("path", "value", "message"), WRONG)
def test_a_wrong_key_is_named_with_value_and_what_is_allowed(edited, path, value, message):
    with pytest.raises(TaskError, match=message):
        edited(_set(path, value))


def test_two_conditions_of_one_name_are_refused(edited):
    def edit(content):
        content["conditions"][1:] = content["conditions"][:1]

    with pytest.raises(TaskError, match=r"conditions\[1\]\.name: 'middle' is used twice"):
        edited(edit)


@pytest.mark.parametrize(
    "actuator",
    [
        '<position name="joint_1" joint="joint_1" kp="50"/>',
        '<motor name="joint_1" joint="joint_1" gear="30"/>',
        '<motor name="joint_1" joint="joint_2"/>',
    ],
)
def test_an_actuator_that_does_not_give_the_commanded_torque_is_refused(tmp_path, actuator):
    arm = (resources.files("pilqr_ros.tasks") / "models" / "pusher_arm.xml").read_text()
    motor = '<motor name="joint_1" joint="joint_1" ctrlrange="-2 2"/>'
    assert motor in arm
    (tmp_path / "pusher_arm.xml").write_text(arm.replace(motor, actuator))
    with pytest.raises(TaskError, match=r"joints\[0\]\.name: the actuator 'joint_1' must be a <mo"):
        Task.from_text(load_task("pusher").source, folder=tmp_path)


def test_bounds_are_the_models_unless_the_task_narrows_them(edited, hockey):
    lower, upper = hockey.position_limits.T
    np.testing.assert_allclose(lower[:2], [-2.285398163, -0.5236])
    np.testing.assert_array_equal([lower[4], upper[4]], [-np.inf, np.inf])  # turns for ever
    narrow = edited(_set(("joints", 0, "position_limits"), [-1.5, 0.0]))
    np.testing.assert_array_equal(narrow.position_limits[0], [-1.5, 0.0])


def test_a_joint_may_have_a_soft_margin_of_its_own_and_no_speed_limit(edited, hockey):
    assert hockey.velocity_limits[0] == 2.088
    np.testing.assert_array_equal(hockey.soft_margins, np.full(7, 0.05))
    wide = edited(_set(("joints", 1, "soft_margin"), 0.2))
    np.testing.assert_array_equal(wide.soft_margins[:2], [0.05, 0.2])
    assert edited(_set(("joints", 1, "velocity_limit"), None)).velocity_limits[1] == np.inf


def test_on_a_real_arm_no_tolerance_is_wider_than_the_default_one():
    default = Guard()
    wide = Guard(bound_tolerance=1.0, overspeed=3.0, max_fraction_limited=1.0)
    assert wide.strict == default
    narrow = Guard(bound_tolerance=0.01, overspeed=1.1, max_fraction_limited=0.1)
    assert narrow.strict == narrow


def test_all_wrong_keys_are_reported_at_once(edited):
    def edit(content):
        content["control"]["rate"] = 0
        content["learning"]["iterations"] = 0

    with pytest.raises(TaskError, match=r"control\.rate.*learning\.iterations"):
        edited(edit)


def test_text_that_is_no_yaml_is_refused_with_its_line():
    with pytest.raises(TaskError, match=r"mine:2: is not valid YAML"):
        Task.from_text("name: x\n  : [", origin="mine")


def test_a_key_that_stands_twice_is_refused_with_its_line(hockey):
    text = hockey.source.replace("control: {rate: 20,", "control: {rate: 20, rate: 10,")
    with pytest.raises(TaskError, match=r"task:\d+: .*key 'rate' stands here twice, column \d+$"):
        Task.from_text(text)


def test_an_empty_text_is_refused():
    with pytest.raises(TaskError, match="task"):
        Task.from_text("")


def test_an_unknown_task_name_lists_the_tasks():
    with pytest.raises(TaskError, match=r"no task 'curling'; tasks: .*hockey"):
        load_task("curling")


def test_a_file_in_the_current_folder_that_is_named_as_a_task_is_offered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flap.yaml").touch()
    with pytest.raises(TaskError, match=r"no task 'flap'; did you mean \./flap\.yaml\? tasks: "):
        load_task("flap")


def test_a_missing_file_is_named():
    with pytest.raises(TaskError, match=r"'nowhere/x\.yaml' does not exist"):
        load_task("nowhere/x.yaml")


def test_models_beside_the_task_file_come_first(tmp_path, hockey):
    (tmp_path / "hockey.xml").write_text("<mujoco><worldbody/></mujoco>")
    (tmp_path / "mine.yaml").write_text(hockey.source)
    with pytest.raises(TaskError, match=r"state\[4\]\.of: 'puck' is no body"):
        load_task(tmp_path / "mine.yaml")


def test_models_in_a_folder_of_that_name_come_before_the_packages(tmp_path, hockey):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "hockey.xml").write_text("<mujoco><worldbody/></mujoco>")
    with pytest.raises(TaskError, match=r"state\[4\]\.of: 'puck' is no body"):
        Task.from_text(hockey.source, folder=tmp_path)


@pytest.mark.parametrize("name", ["../outside.xml", "{folder}/outside.xml"])
def test_a_model_outside_its_folder_is_refused(tmp_path, hockey, name):
    (tmp_path / "outside.xml").write_text("<mujoco/>")
    (tmp_path / "inside").mkdir()
    name = name.format(folder=tmp_path)
    text = hockey.source.replace("tool: hockey_stick.xml", f"tool: {name}")
    with pytest.raises(
        TaskError, match=r"models\.tool: uses '.*outside\.xml'; every file of a mod"
    ):
        Task.from_text(text, folder=tmp_path / "inside")


def test_a_model_that_uses_a_file_outside_its_folder_is_refused(tmp_path, hockey):
    (tmp_path / "outside.xml").write_text("<mujoco><worldbody/></mujoco>")
    (tmp_path / "inside").mkdir()
    scene = resources.files("pilqr_ros.tasks") / "models" / "hockey.xml"
    text = scene.read_text().replace("<asset>", '<include file="../outside.xml"/><asset>', 1)
    (tmp_path / "inside" / "hockey.xml").write_text(text)
    with pytest.raises(TaskError, match=r"models\.scene: uses '\.\./outside\.xml'; every file"):
        Task.from_text(hockey.source, folder=tmp_path / "inside")


def test_a_model_that_includes_what_is_not_there_is_refused(tmp_path, hockey):
    (tmp_path / "hockey.xml").write_text('<mujoco><include file="rink.xml"/></mujoco>')
    with pytest.raises(TaskError, match=r"models\.scene: .*rink\.xml cannot be read"):
        Task.from_text(hockey.source, folder=tmp_path)


def test_the_source_builds_the_same_task(hockey):
    again = Task.from_text(hockey.source)
    assert again.file == hockey.file
    assert again.layout == hockey.layout


def test_files_that_call_the_fraction_limited_by_its_old_name_are_read(two_joints):
    limits = [
        two_joints(edit=lambda content, key=key: content.update(guard={key: 0.25})).guard()
        for key in ("max_fraction_limited", "most_limited")
    ]
    assert limits[0] == limits[1]
    assert limits[0].max_fraction_limited == 0.25
