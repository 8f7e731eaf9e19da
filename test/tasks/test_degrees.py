"""An angle in degrees is asked about, or refused, with what it is in radians."""

import numpy as np
import pytest

from pilqr_ros.tasks.degrees import degrees_hint
from pilqr_ros.tasks.errors import TaskError

RANGES = ('armature="1"/>', 'armature="1" range="-1.5 1.5" limited="true"/>')


@pytest.fixture
def bounded(two_joints):
    """Return a function that loads a task whose joints turn by 1.5 rad."""
    return lambda edit: two_joints(arm=RANGES, edit=edit)


@pytest.fixture
def refused(bounded):
    """Return a function that returns why such a task is refused."""

    def load(edit):
        with pytest.raises(TaskError) as raised:
            bounded(edit)
        return str(raised.value)

    return load


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (71.0, "; is it in degrees? 71 degrees are 1.239 rad"),
        (-45.0, "; is it in degrees? -45 degrees are -0.7854 rad"),
        (1.6, ""),  # a little beyond, in radians
        (120.0, ""),  # out of bounds as degrees, too
        (1.0, ""),  # within
    ],
)
def test_an_angle_that_fits_as_degrees_alone_is_asked_about(value, hint):
    assert degrees_hint(value, np.array([-1.5, 1.5])) == hint


def start(*joints):
    return lambda content: content["conditions"][0].update(joints=list(joints))


def test_a_start_in_degrees_is_asked_about(refused):
    told = refused(start(0.0, 45.0))
    assert "conditions[0].joints[1]: 45.0 of 'j2' is outside [-1.5, 1.5]" in told
    assert told.endswith("is it in degrees? 45 degrees are 0.7854 rad")
    assert refused(start(0.0, 2.0)).endswith("is outside [-1.5, 1.5]")


def test_limits_in_degrees_are_refused_where_wider_ones_than_the_models_are_not(refused, bounded):
    def limits(low, high):
        return lambda content: content["joints"][0].update(position_limits=[low, high])

    told = refused(limits(-80.0, 80.0))
    assert "joints[0].position_limits: -80 is outside the model's [-1.5, 1.5]; is it in" in told
    assert bounded(limits(-3.2, 3.2)).position_limits[0].tolist() == [-1.5, 1.5]


@pytest.mark.parametrize("section", ["success", "cost"])
def test_a_target_of_joints_in_degrees_is_refused(refused, bounded, section):
    def aim(*angles):
        def edit(content):
            content["conditions"][0]["targets"]["pose"] = list(angles)
            term = content["success"] if section == "success" else content["cost"]["terms"][0]
            term.update(of="q", minus="pose")

        return edit

    told = refused(aim(0.5, 30.0))
    assert "conditions[0].targets.pose[1]: 30 of 'j2' is outside [-1.5, 1.5]" in told
    assert "30 degrees are 0.5236 rad" in told
    bounded(aim(0.5, 2.0))  # out of reach, and no degrees
