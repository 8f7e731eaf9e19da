"""Poses of a planar arm of two links of 0.1 m, whose inverse kinematics are a triangle's."""

import numpy as np
import pytest

from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.authoring.pose import Poser, Wanted, joints_line
from pilqr_ros.tasks.errors import TaskError

LINK = 0.1


def place(distance, angle):
    return distance * np.array([np.cos(angle), np.sin(angle), 0.0])


@pytest.mark.parametrize(("distance", "angle"), [(0.15, 0.3), (0.05, -1.2), (0.19, 2.0)])
def test_the_elbow_bends_as_the_triangle_of_the_links_has_it(two_joints, distance, angle):
    found = Poser(two_joints()).solve(Wanted("tip", place(distance, angle)))
    assert found.there
    elbow = np.pi - np.arccos(1.0 - 0.5 * (distance / LINK) ** 2)
    assert abs(found.q[1]) == pytest.approx(elbow, abs=0.01)
    assert found.q[0] + 0.5 * found.q[1] == pytest.approx(angle, abs=0.01)


def test_of_two_poses_that_get_there_the_nearer_one_is_found(two_joints):
    for elbow in (-1.0, 1.0):
        poser = Poser(two_joints())
        poser.move(np.array([0.0, elbow]))
        found = poser.solve(Wanted("tip", place(0.15, 0.0)))
        assert found.there
        assert np.sign(found.q[1]) == np.sign(elbow)


def test_where_the_joints_bounds_leave_only_the_farther_one_that_is_found(two_joints):
    bounded = ('name="j2"', 'name="j2" range="-3 -0.1" limited="true"')
    poser = Poser(
        two_joints(arm=bounded, edit=lambda task: task["conditions"][0].update(joints=[0, -2.9]))
    )
    poser.move(np.array([3.0, -0.2]))
    found = poser.solve(Wanted("tip", place(0.12, 0.5)))
    assert found.there
    assert found.q[1] < 0.0


def test_a_direction_decides_between_two_poses(two_joints):
    triangle = np.arccos(0.75)  # of sides 0.1, 0.1 and 0.15 m: at its ends
    for sign in (-1.0, 1.0):
        along = place(1.0, sign * triangle)
        poser = Poser(two_joints())
        found = poser.solve(Wanted("tip", place(0.15, 0.0), axis=0, direction=3.0 * along))
        assert found.there
        assert found.q.sum() == pytest.approx(sign * triangle, abs=0.01)


def test_what_is_out_of_reach_is_told_by_the_distance_that_is_left(two_joints):
    poser = Poser(two_joints())
    found = poser.solve(Wanted("tip", place(0.3, 1.0)))
    assert not found.there
    assert found.error == pytest.approx(0.1, abs=1e-3)
    assert poser.place("tip") == pytest.approx(place(0.2, 1.0), abs=1e-3)
    sideways = poser.solve(Wanted("tip", place(0.15, 0.0), 0, np.array([0.0, 0.0, 1.0])))
    assert not sideways.there
    assert sideways.angle > 0.1


def test_positions_are_those_that_are_written_and_within_the_bounds(two_joints):
    bounded = ('name="j1"', 'name="j1" range="-0.123456 0.123456" limited="true"')
    poser = Poser(two_joints(arm=bounded))
    found = poser.solve(Wanted("tip", place(0.2, 1.0)))
    assert found.q[0] == 0.1234
    assert joints_line(np.array([0.1234, -0.0])) == "joints: [0.1234, 0.0000]"


def test_touching_is_told_and_a_start_that_is_refused_can_still_be_moved(two_joints):
    solid = '<geom name="wall" type="box" size=".02 .02 .02" pos=".2 0 0"/></worldbody>'
    arm = ('contype="0" conaffinity="0"', 'contype="1" conaffinity="1"')
    poser = Poser(two_joints(arm=arm, scene=("</worldbody>", solid)))
    assert "world" in poser.refused
    assert poser.touching == ("lower and world",)
    found = poser.solve(Wanted("tip", place(0.15, 1.5)))
    assert found.there
    assert found.touching == ()


def test_impossible_wishes_are_refused(two_joints):
    poser = Poser(two_joints())
    for wanted in (
        Wanted("tip", np.array([np.nan, 0, 0])),
        Wanted("tip", np.zeros(3), 0, np.zeros(3)),
        Wanted("tip", np.zeros(3), 0, np.array([np.inf, 0, 0])),
    ):
        with pytest.raises(AuthoringError):
            poser.solve(wanted)
    with pytest.raises(TaskError, match="'elbow' is no site"):
        poser.solve(Wanted("elbow", np.zeros(3)))
