"""A task file is written for an arm that nobody has seen: it loads and is sound."""

from pathlib import Path

import mujoco
import numpy as np
import pytest

from pilqr_ros.authoring.check import check_task
from pilqr_ros.authoring.choices import Places
from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.authoring.json_schema import schema_text
from pilqr_ros.authoring.robot_files import Adaptation
from pilqr_ros.authoring.scaffold import new_task
from pilqr_ros.doctor.findings import Verdict
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.tasks import TaskError, load_task

ARM = """<mujoco><compiler angle="radian"/>
<default><joint damping=".5" armature=".1"/><geom type="capsule" size=".03"/></default>
<worldbody><body name="base" pos="0 0 .4" gravcomp="1">
<joint name="a" axis="0 0 1" range="-2 2"/><geom fromto="0 0 0 .3 0 0"/>
<body name="middle" pos=".36 0 0" gravcomp="1">
<joint name="b" axis="0 1 0" range="-1.5 1.5"/><geom fromto="0 0 0 .24 0 0"/>
<body name="hand" pos=".3 0 0" gravcomp="1">
<joint name="c" axis="0 1 0"/><geom fromto="0 0 0 .1 0 0"/>
<site name="tip" pos=".15 0 0"/></body></body></body></worldbody>
<actuator><motor name="a" joint="a" ctrlrange="-30 30"/><motor name="b" joint="b"
ctrlrange="-20 20"/><motor name="c" joint="c" ctrlrange="-10 10"/></actuator></mujoco>"""


@pytest.fixture
def arm(tmp_path):
    """Return a function that writes the arm after an edit of its text."""

    def write(old="", new="", name="arm.xml"):
        assert old in ARM
        (tmp_path / name).write_text(ARM.replace(old, new) if old else ARM)
        return tmp_path / name

    return write


def make(robot, tmp_path, **options):
    return new_task("mine", robot, folder=tmp_path / "work", **options)


def faults(path):
    findings = check_task(str(path), rollouts=6)
    return [one for one in findings if one.verdict is not Verdict.OK]


def test_a_new_task_is_sound_and_spreads_its_tip_as_wanted(arm, tmp_path):
    made = make(arm(), tmp_path)
    assert faults(made.path) == []
    task = load_task(made.path)
    assert task.joints == ("a", "b", "c")
    np.testing.assert_array_equal(task.torque_limits, [30, 20, 10])
    spread = next(
        one for one in check_task(str(made.path)) if one.subject == "noise: spread of tip"
    )
    seen = float(spread.message.split()[0])
    assert seen == pytest.approx(made.choices.first.spread, rel=0.3)
    assert 0.03 < seen < 1.2 * np.sqrt(3.0) * task.file.initial_policy.position_spread


def test_the_first_policy_is_the_hold_without_numbers_and_says_what_it_comes_to(arm, tmp_path):
    made = make(arm(), tmp_path)
    text = made.path.read_text()
    assert "\ninitial_policy: {kind: hold}\n" in text
    policy = load_task(made.path).initial_policy(0)
    stiffness = -np.diag(policy.K[0][:, :3])
    for told in (stiffness, policy.noise_std):
        assert "[" + ", ".join(f"{value:.3g}" for value in told) + "]" in text


def test_a_hold_that_would_be_unstable_as_sampled_is_written_slower(arm, tmp_path):
    """A spring of 200 N m/rad on an inertia of 0.1 turns it by 2 rad in a control step."""
    sprung = arm('<joint name="c" axis="0 1 0"/>', '<joint name="c" axis="0 1 0" stiffness="200"/>')
    made = make(sprung, tmp_path)
    first = load_task(made.path).file.initial_policy
    assert first.from_inertia
    assert made.choices.first.radius < 1.0


def test_the_same_arm_gets_the_same_task(arm, tmp_path):
    first = make(arm(), tmp_path).path.read_text()
    assert new_task("mine", arm(), folder=tmp_path / "again").path.read_text() == first


def test_the_target_is_reached_by_some_pose_and_not_by_the_start(arm, tmp_path):
    made = make(arm(), tmp_path)
    assert made.choices.distance > 0.1
    subjects = [one.subject for one in faults(made.path)]
    assert "success: within reach" not in subjects


def test_a_task_is_written_for_the_arm_that_comes_with_the_package(tmp_path):
    made = make(Path("pr2_right_arm.xml"), tmp_path)
    assert load_task(made.path).dU == 7
    assert faults(made.path) == []


def test_a_scene_of_ones_own_is_taken_and_its_target_placed(arm, tmp_path):
    scene = tmp_path / "room.xml"
    scene.write_text(
        '<mujoco><option timestep=".005"/><worldbody><body name="target" mocap="true">'
        '<geom size=".01" contype="0" conaffinity="0"/></body></worldbody></mujoco>'
    )
    task = load_task(make(arm(), tmp_path, scene=scene).path)
    assert task.file.models.scene == "room.xml"
    assert "target" in task.conditions[0].bodies


def test_a_file_in_the_way_is_kept(arm, tmp_path):
    make(arm(), tmp_path)
    with pytest.raises(AuthoringError, match=r"mine\.yaml exists and is another file"):
        (tmp_path / "work" / "mine.yaml").write_text("mine")
        make(arm(), tmp_path)
    assert (tmp_path / "work" / "mine.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (' ctrlrange="-10 10"', "", 'limit: c; each joint J needs <motor name="J" joint="J"'),
        ('<motor name="c"', '<motor name="m"', "no plain motor with a torque limit: c"),
        ('<motor name="a"', '<position name="a"', "no plain motor with a torque limit: a"),
        (ARM[ARM.index("<actuator>") : ARM.index("</mujoco>")], "", "has no actuator of a joint"),
        ('<site name="tip" pos=".15 0 0"/>', "", "'hand' perhaps"),
        ('<site name="tip"', '<site name="t2"/><site name="tip"', "there are: t2, tip"),
        ("<worldbody>", "<worldbody><body name='x'>", "MuJoCo cannot read"),
    ],
)
def test_a_model_that_lacks_something_is_refused_with_what_to_write(
    arm, tmp_path, old, new, message
):
    with pytest.raises(AuthoringError) as error:
        make(arm(old, new), tmp_path)
    assert message in str(error.value) or "cannot be read" in str(error.value)
    assert not (tmp_path / "work").exists()


def test_an_error_of_a_model_names_the_option_that_it_was_given_by(arm, tmp_path):
    broken = tmp_path / "broken.xml"
    broken.write_text('<mujoco><worldbody><geom sise="1"/></worldbody></mujoco>')
    with pytest.raises(AuthoringError, match=r"^--robot: MuJoCo cannot read broken\.xml: "):
        make(broken, tmp_path)
    with pytest.raises(TaskError, match=r"^--scene: MuJoCo cannot read broken\.xml: "):
        make(arm(), tmp_path, scene=broken)


def test_an_arm_that_touches_something_in_every_pose_is_refused(arm, tmp_path):
    wall = '<worldbody><geom type="box" size="2 2 2"/>'
    with pytest.raises(AuthoringError, match="touches something in every pose"):
        make(arm("<worldbody>", wall), tmp_path)


def test_servos_and_weight_are_replaced_in_an_adapted_copy(arm, tmp_path):
    servo = '<position name="s" joint="c" kp="99" ctrlrange="-3 3" forcerange="-12 12"/>'
    path = arm('<motor name="c" joint="c" ctrlrange="-10 10"/>', servo)
    path.write_text(path.read_text().replace(' gravcomp="1"', ""))
    before = path.read_text()
    made = make(path, tmp_path, adapt=True, wanted=Adaptation(site="hand"))
    task = load_task(made.path)
    np.testing.assert_array_equal(task.torque_limits, [30, 20, 12])
    assert task.file.models.robot == "mine_robot.xml"
    assert faults(made.path) == []
    assert path.read_text() == before


def test_without_adapting_the_sag_of_an_arm_that_is_not_compensated_is_said(arm, tmp_path):
    path = arm()
    path.write_text(path.read_text().replace(' gravcomp="1"', "").replace("30", "100"))
    subjects = [one.subject for one in faults(make(path, tmp_path).path)]
    assert "hold: sag without noise" in subjects


URDF = """<robot name="two"><link name="world"/>
{links}
<joint name="j1" type="revolute"><parent link="world"/><child link="l1"/><axis xyz="0 0 1"/>
<origin xyz="0 0 0.5"/><limit lower="-2" upper="2" effort="20" velocity="2"/></joint>
<joint name="j2" type="revolute"><parent link="l1"/><child link="l2"/><axis xyz="0 1 0"/>
<origin xyz="0.3 0 0"/><limit lower="-2" upper="2" effort="{effort}" velocity="2"/></joint>
</robot>"""
LINK = """<link name="{}"><inertial><origin xyz="0.15 0 0"/><mass value="1"/>
<inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial></link>"""


def urdf(tmp_path, effort="10"):
    path = tmp_path / "two.urdf"
    path.write_text(URDF.format(links=LINK.format("l1") + LINK.format("l2"), effort=effort))
    return path


def test_a_urdf_gets_motors_of_its_efforts(tmp_path):
    task = load_task(make(urdf(tmp_path), tmp_path, wanted=Adaptation(site="l2")).path)
    assert task.joints == ("j1", "j2")
    np.testing.assert_array_equal(task.torque_limits, [20, 10])
    assert mujoco.mj_name2id(task.robot_model, mujoco.mjtObj.mjOBJ_SITE, "robot/l2") >= 0


def test_a_urdf_that_tells_no_effort_is_refused_by_the_joint(tmp_path):
    with pytest.raises(AuthoringError, match=r'tells no torque limit of j2.*effort="T"'):
        make(urdf(tmp_path, effort="0"), tmp_path, wanted=Adaptation(site="l2"))


def test_a_urdf_that_mujoco_cannot_read_says_what_to_convert(tmp_path):
    path = urdf(tmp_path)
    mesh = (
        '<collision><geometry><mesh filename="package://two/l1.dae"/></geometry></collision></link>'
    )
    path.write_text(path.read_text().replace("</link>", mesh, 1))
    with pytest.raises(AuthoringError, match="xacro"):
        make(path, tmp_path, wanted=Adaptation(site="l2"))


def test_torque_limits_and_joints_of_a_copy_may_be_given(tmp_path):
    wanted = Adaptation(("j1",), (7.0,), "l2")
    task = load_task(make(urdf(tmp_path, effort="0"), tmp_path, wanted=wanted).path)
    assert task.joints == ("j1",)
    np.testing.assert_array_equal(task.torque_limits, [7])
    with pytest.raises(AuthoringError, match="expected one above 0, or 2 of them, for j1, j2"):
        make(urdf(tmp_path), tmp_path, wanted=Adaptation((), (1.0, 2.0, 3.0), "l2"))


def test_start_and_target_of_the_tip_may_be_given(arm, tmp_path):
    places = Places(np.array([0.6, 0.1, 0.3]), np.array([0.6, -0.1, 0.3]))
    made = make(arm(), tmp_path, places=places)
    assert load_task(made.path).conditions[0].targets["target"].tolist() == [0.6, -0.1, 0.3]
    states = InProcessCollector(load_task(made.path)).collect(
        load_task(made.path).initial_policy(0), 0, 0, explore=False, jitter=False
    )
    tip = load_task(made.path).layout["tip"]
    np.testing.assert_allclose(states.states[0, tip], [0.6, 0.1, 0.3], atol=0.005)


@pytest.mark.parametrize("role", ["start", "target"])
def test_a_place_beyond_the_arm_is_refused_with_how_near_it_comes(arm, tmp_path, role):
    places = Places(**{role: np.array([2.0, 0.0, 0.4])})
    with pytest.raises(AuthoringError, match=rf"--{role} is \[2.0, 0.0, 0.4\]: .* within 1"):
        make(arm(), tmp_path, places=places)


def test_names_that_yaml_reads_as_something_else_are_quoted(arm, tmp_path):
    path = arm()
    path.write_text(path.read_text().replace('"a"', '"1"').replace('"b"', '"on: off"'))
    assert load_task(make(path, tmp_path).path).joints == ("1", "on: off", "c")


def test_the_schema_beside_it_is_that_of_this_version(arm, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "task.schema.json").write_text("of an older version")
    assert (
        make(arm(), tmp_path)
        .path.read_text()
        .startswith("# yaml-language-server: $schema=task.schema.json")
    )
    assert (tmp_path / "work" / "task.schema.json").read_text() == schema_text()


def test_a_joint_without_a_name_is_told_with_its_body_before_a_copy_gets_motors(arm, tmp_path):
    robot = arm('<joint name="c" axis', "<joint axis")
    text = robot.read_text()
    robot.write_text(text[: text.index("<actuator>")] + "</mujoco>")
    with pytest.raises(AuthoringError, match=r"without a name, in the body 'hand'.*--joints"):
        make(robot, tmp_path, adapt=True, wanted=Adaptation(efforts=(10.0,)))
    assert not (tmp_path / "work").exists()


def test_a_new_task_that_is_not_valid_leaves_no_files(arm, tmp_path, monkeypatch):
    monkeypatch.setattr("pilqr_ros.authoring.scaffold.task_text", lambda *_: "name: [")
    with pytest.raises(TaskError):
        make(arm(), tmp_path)
    assert not (tmp_path / "work").exists()


def test_a_file_that_cannot_be_written_takes_those_before_it_along(arm, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "models").write_text("a file where a folder is to be")
    with pytest.raises(OSError, match="models"):
        make(arm(), tmp_path)
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["models"]
