"""A target and the body of its name are together, or it is told."""

import numpy as np
import pytest

from pilqr_ros.authoring.check import check_task, quick_warnings
from pilqr_ros.authoring.static_checks import check_targets
from pilqr_ros.doctor.findings import Verdict
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.config_files import config_names

OK, WARN = Verdict.OK, Verdict.WARN


@pytest.fixture
def row(two_joints):
    """Return a function that returns the rows of an edited task's targets."""
    return lambda edit=None: list(check_targets(two_joints(edit=edit), []))


def placed(*place):
    def edit(content):
        content["conditions"][0]["bodies"]["target"] = list(place)

    return edit


@pytest.mark.parametrize(
    ("place", "verdict"),
    [
        ((0.1, 0.1, 0.0), OK),
        ((0.1, 0.1, 0.015), OK),  # success is within 0.02
        ((0.1, 0.125, 0.0), WARN),
        ((-0.1, 0.1, 0.0), WARN),
    ],
)
def test_a_body_elsewhere_than_success_at_the_target_of_its_name_is_told(row, place, verdict):
    (found,) = row(placed(*place))
    assert found.verdict is verdict
    assert found.subject == "target target: where its body is"
    if verdict is WARN:
        apart = np.linalg.norm(np.subtract(place, [0.1, 0.1, 0.0]))
        assert f"apart in 1 of 1 conditions; c: the body target is placed {apart:.3g} m" in (
            found.message
        )


def test_a_check_and_a_training_tell_of_it(two_joints, tmp_path):
    task, subject = two_joints(edit=placed(-0.1, 0.1, 0.0)), "target target: where its body is"
    assert [one.subject for one in quick_warnings(task)] == [subject]
    findings = check_task(str(tmp_path / "two_joints.yaml"), rollouts=2)
    assert subject in {one.subject for one in findings}


def test_only_the_axes_that_success_counts_are_compared(row):
    def edit(content):
        placed(0.1, 0.1, 0.7)(content)
        content["success"]["axes"] = ["x", "y"]

    assert row(edit)[0].verdict is OK


def test_drawn_conditions_that_shift_the_body_alone_are_told(row):
    def edit(of):
        def apply(content):
            shift = {"of": of, "low": [-0.1, 0, 0], "high": [-0.05, 0, 0]}
            content["drawn_conditions"] = [
                {"name": "d", "like": "c", "count": 3, "seed": 0, "shifts": [shift]}
            ]

        return apply

    assert row(edit(["bodies.target", "targets.target"]))[0].verdict is OK
    (found,) = row(edit("bodies.target"))
    assert found.verdict is WARN
    assert "apart in 3 of 4 conditions; d " in found.message


@pytest.mark.parametrize(("place", "verdict"), [((0.1, 0.108, 0), OK), ((0.1, 0.112, 0), WARN)])
def test_a_target_of_the_cost_alone_may_be_anywhere_on_the_body(row, place, verdict):
    def edit(content):  # the body is a ball of 1 cm
        placed(*place)(content)
        content["success"] = {"of": "q", "within": 0.02}

    assert row(edit)[0].verdict is verdict


def test_names_of_their_own_are_not_compared(row):
    def edit(content):
        content["conditions"][0]["bodies"] = {"target": [9.0, 9.0, 9.0]}
        content["conditions"][0]["targets"] = {"aim": [0.1, 0.1, 0.0]}
        content["cost"]["terms"][0]["minus"] = content["success"]["minus"] = "aim"

    assert row(edit) == []


@pytest.mark.parametrize("name", config_names())
def test_the_shipped_tasks_have_theirs_together(name):
    assert all(one.verdict is OK for one in check_targets(load_task(name), []))
