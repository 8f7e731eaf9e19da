"""What slides is measured in metres and newtons, what turns in radians and newton metres."""

import numpy as np
import pytest

from pilqr_ros.robot.guard.torque_guard import build_guard
from pilqr_ros.robot.guard.torque_records import TorqueCommand
from pilqr_ros.robot.reset.start_check import StartCheck
from pilqr_ros.tasks import TaskError

SLIDE = ('<joint name="j2"/>', '<joint name="j2" type="slide"/>')


def _success(**changes):
    def edit(content):
        content["success"] = {"of": "q", "minus": "goal", "within": 0.1} | changes
        content["conditions"][0]["targets"]["goal"] = [0.1] * 2

    return edit


SUCCESSES = [
    ({}, "distance [rad and m]"),
    ({"axes": ["j1"]}, "distance [rad]"),
    ({"axes": ["j2"]}, "distance [m]"),
    ({"axes": ["j2"], "at": "any"}, "least distance [m]"),
    ({"of": "qd", "axes": ["j1"]}, "distance [rad/s]"),
    ({"of": "qd", "axes": ["j2"], "at": "any"}, "least distance [m/s]"),
    ({"of": "tip", "minus": "target"}, "distance [m]"),
]


@pytest.mark.parametrize(("success", "label"), SUCCESSES)
def test_the_distance_to_success_has_the_unit_of_what_it_is_taken_of(two_joints, success, label):
    assert two_joints(arm=SLIDE, edit=_success(**success)).distance_label == label


def test_a_task_knows_which_of_its_joints_slide(two_joints):
    task = two_joints(arm=SLIDE)
    assert task.slides == ("j2",)
    assert task.joint_units.position == ("rad", "m")
    assert task.joint_units.velocity == ("rad/s", "m/s")
    assert task.joint_units.effort == ("N m", "N")


def test_a_target_has_the_unit_of_what_it_is_subtracted_from(two_joints):
    task = two_joints(arm=SLIDE, edit=_success())
    assert [task.target_unit("goal", i) for i in range(2)] == ["rad", "m"]
    assert task.target_unit("target", 0) == "m"
    assert task.target_unit("nowhere", 0) == ""


GUARDED = [
    ((0.0, 0.19), (0.0, 0.0), (0.0, 8.0), "j2 at 0.19 m: 8 N toward its bound"),
    ((0.0, 0.0), (0.0, 0.49), (0.0, 8.0), "j2 at 0.49 m/s: 8 N toward more speed"),
    ((0.0, 0.4), (0.0, 0.0), (0.0, 0.0), "j2 0.4 m out of bounds"),
    ((0.0, 0.0), (0.0, 0.9), (0.0, 0.0), "j2 0.9 m/s far over its speed limit"),
    ((0.0, 0.0), (0.0, 0.0), (0.0, 30.0), "j2 30 N beyond its limit"),
    ((0.0, 0.0), (0.0, 0.0), (30.0, 0.0), "j1 30 N m beyond its limit"),
]


@pytest.mark.parametrize(("q", "qd", "u", "detail"), GUARDED)
def test_the_guard_tells_of_a_slide_in_metres_and_newtons(two_joints, q, qd, u, detail):
    def edit(content):
        content["joints"][1] |= {"position_limits": [-0.2, 0.2], "velocity_limit": 0.5}
        content["guard"] = {"soft_margin": 0.1}

    task = two_joints(arm=SLIDE, edit=edit)
    guard = build_guard(task, timeout_ns=10**8, between_commands=False, enabled=True)
    guard.on_joints(1, 1, task.joints, q, qd)
    assert detail in guard.on_command(1, TorqueCommand(1, 1, 0, np.array(u))).detail


def test_a_start_that_was_missed_is_told_in_the_joints_unit(two_joints):
    task = two_joints(arm=SLIDE)
    check = StartCheck(task, 0, np.zeros(2))
    x = np.zeros(task.layout.dX)
    x[task.layout["q"]], x[task.layout["qd"]] = [0.1, 0.2], [0.3, 0.4]
    errors = "; ".join(check.joint_errors(check.read(0, x, "")))
    for told in ("0.1 rad", "0.3 rad/s", "0.2 m ", "0.4 m/s"):
        assert told in errors


def test_a_slides_motor_is_refused_in_newtons(two_joints):
    with pytest.raises(TaskError, match=r"20\.0 N is more than the model's motor gives, 3 N:"):
        two_joints(arm=(SLIDE[0], SLIDE[1].replace("/>", ' actuatorfrcrange="-3 3"/>')))


def test_each_criterion_has_its_unit_and_the_distance_those_of_all(two_joints):
    criteria = [{"of": "tip", "minus": "target", "within": 0.1}, {"of": "qd", "at_most": 1.0}]
    task = two_joints(edit=lambda content: content.update(success={"all": criteria}))
    assert task.criterion_units == {"success.all[0]": "m", "success.all[1]": "rad/s"}
    assert task.distance_label == "distance [m and rad/s]"
