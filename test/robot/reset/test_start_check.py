"""What of the scene a reset of a real arm looks at: what is sensed; the rest is told."""

import numpy as np
import pytest

from pilqr_ros.robot.reset.start_check import StartCheck

DOOR = """<worldbody><body name="frame" mocap="true"><body name="door">
<joint name="hinge" axis="0 0 1"/><geom size=".01" contype="0" conaffinity="0"/></body></body>"""


@pytest.fixture
def door(two_joints):
    """Return a task whose door stands ajar; its state holds the hinge if that is asked for."""

    def load(sensed):
        def edit(content):
            if sensed:
                hinge = {"name": "hinge", "kind": "joint_positions", "joints": "hinge"}
                content["state"].append(hinge)
            content["conditions"][0]["other_joints"] = {"hinge": 0.3}
            content["conditions"][0]["bodies"]["frame"] = {"position": [0] * 3, "euler": [0, 0, 1]}

        return two_joints(scene=("<worldbody>", DOOR), edit=edit)

    return load


def errors_at(task, hinge):
    check = StartCheck(task, 0, np.zeros(2))
    x = np.zeros(task.dX)
    x[task.layout["hinge"]] = hinge
    return check.scene_errors(check.read(0, x, ""))


def test_a_sensed_joint_that_no_motor_moves_has_to_be_in_place(door):
    task = door(sensed=True)
    assert errors_at(task, 0.31) == []
    (error,) = errors_at(task, 0.1)
    assert error == "hinge is at 0.1, its place is 0.3 (allowed: 0.02 off)"
    assert len(errors_at(task, np.nan)) == 1


def test_what_is_not_sensed_is_named(door):
    def untracked(sensed):
        return set(StartCheck(door(sensed), 0, np.zeros(2)).untracked)

    assert untracked(sensed=True) == {"target", "frame", "orientation of frame"}
    assert untracked(sensed=False) - untracked(sensed=True) == {"hinge"}


def test_a_seen_axis_of_a_turned_body_has_to_point_where_it_shall(two_joints):
    def edit(content):
        block = {"name": "frame_x", "kind": "body_axis", "of": "frame", "axis": "x"}
        content["state"].append(block)
        content["conditions"][0]["bodies"]["frame"] = {"position": [0] * 3, "euler": [0, 0, 1.0]}

    task = two_joints(scene=("<worldbody>", DOOR), edit=edit)
    check = StartCheck(task, 0, np.zeros(2))
    assert "orientation of frame" not in check.untracked

    def errors(angle):
        x = np.zeros(task.dX)
        x[task.layout["frame_x"]] = [np.cos(angle), np.sin(angle), 0.0]
        return check.scene_errors(check.read(0, x, ""))

    assert errors(1.05) == []
    (error,) = errors(1.3)
    assert error.startswith("axis x of frame is 0.3 rad from (x, y, z) = (0.54, 0.841, 0) (allowed")
    assert len(errors(np.nan)) == 1
