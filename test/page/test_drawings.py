"""Targets and the region of success of the tasks that come with the package."""

import numpy as np
import pytest

from pilqr_ros.page.drawings import success_regions, target_places
from pilqr_ros.tasks import load_task


def of(name):
    task = load_task(name)
    return task, task.conditions[0].targets


def test_targets_that_are_places_are_drawn_there():
    task, targets = of("hockey")
    found = target_places(task, targets)
    assert found["goal"].tolist() == [2.25, -0.188, 0.025]
    assert set(found) == {"goal", "blade_at_puck"}


def test_a_target_on_two_axes_lies_in_their_plane():
    task, targets = of("pusher")
    assert target_places(task, targets)["marker_at_goal"].tolist() == [1.625, 0.0, -0.225]


def test_an_angle_is_no_place():
    task, targets = of("door")
    assert "open" not in target_places(task, targets)
    assert success_regions(task, targets) == []


@pytest.mark.parametrize(
    ("name", "half"), [("hockey", [0.12, 0.15, 0.05]), ("plug", [0.0064, 0.004, 0.004])]
)
def test_success_is_about_its_target(name, half):
    task, targets = of(name)
    (region,) = success_regions(task, targets)
    assert np.array_equal(region.centre, targets[task.criteria["success"].minus[0]])
    assert region.half.tolist() == half
    assert not region.is_ball


def test_one_radius_counts_along_every_axis_of_the_criterion():
    task, targets = of("pusher")
    ((_, half, is_ball),) = success_regions(task, targets)
    assert is_ball
    assert half[0] == half[2] == 0.1
    assert half[1] < 0.01


def test_each_criterion_about_a_place_has_its_region(two_joints):
    def edit(content):
        tip = {"of": "tip", "minus": "target"}
        content["success"] = {
            "all": [tip | {"within": 0.02}, {"of": "q", "axes": "j1", "at_least": 0.1}]
        }

    task = two_joints(edit=edit)
    ((centre, half, _),) = success_regions(task, task.conditions[0].targets)
    assert centre.tolist() == [0.1, 0.1, 0.0]
    assert half.tolist() == [0.02] * 3
