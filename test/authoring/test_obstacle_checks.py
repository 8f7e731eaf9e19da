"""Starts and targets that are too near to an obstacle are told; those that are clear are not."""

import pytest

from pilqr_ros.authoring.check import check_task, quick_warnings
from pilqr_ros.doctor.findings import Verdict

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL
FREE = 'contype="0" conaffinity="0"'


def scene_with(place, more=""):
    """Return the edit of a scene that adds a ball of 4 cm; the tip starts at 0.2 0 0."""
    ball = f'<body name="ball" pos="{place}">{more}<geom name="ball" size=".04" {FREE} mass="1"/>'
    return ("<worldbody>", f"<worldbody>{ball}</body>")


def keeping(distance=0.05, **changes):
    def edit(content):
        one = {"name": "post", "of": "tip", "geom": "ball", "distance": distance, "weight": 9.0}
        content["cost"]["obstacles"] = [one]
        content["conditions"][0] |= changes

    return edit


@pytest.fixture
def rows(two_joints, tmp_path):
    """Return a function that checks an edited task and returns the rows of its obstacle."""

    def check(**edits):
        two_joints(**edits)
        findings = check_task(str(tmp_path / "two_joints.yaml"), rollouts=4)
        return [one for one in findings if one.subject == "obstacle post"]

    return check


@pytest.mark.parametrize(
    ("place", "verdict", "words"),
    [
        ("0 0 0", OK, "target target of condition c is 0.101 m from it, to keep: 0.05 m"),
        (".22 0 0", FAIL, "the start of condition c is 0.02 m inside it"),
        (".25 0 0", WARN, "the start of condition c is 0.01 m from it, to keep: 0.05 m"),
        (".11 .1 0", FAIL, "target target of condition c is 0.03 m inside it"),
        (".13 .1 0", WARN, "target target of condition c is 0.01 m inside it"),  # within 0.02
        (".16 .1 0", WARN, "target target of condition c is 0.02 m from it"),
    ],
)
def test_the_start_and_the_target_must_be_clear_of_it(rows, place, verdict, words):
    (row,) = rows(scene=scene_with(place), edit=keeping())
    assert (row.verdict, words in row.message) == (verdict, True), row
    assert bool(row.advice) is (verdict is not OK)


def test_a_training_begins_with_a_word_of_it(two_joints):
    task = two_joints(scene=scene_with(".22 0 0"), edit=keeping())
    assert [one.subject for one in quick_warnings(task)] == ["obstacle post"]


def test_a_task_without_obstacles_has_no_row(rows):
    assert rows() == []


def test_what_can_move_unseen_is_told(rows):
    swings = '<joint name="swing" axis="0 0 1"/>'
    first, second = rows(scene=scene_with("0 0 0", swings), edit=keeping())
    assert first.verdict is OK
    assert second.verdict is WARN
    assert second.message.startswith("ball can move along x, y, which the state does not hold")


def test_what_can_move_along_an_axis_that_is_not_tracked_is_told(rows):
    def edit(content):
        ball = {"name": "ball", "kind": "body_position", "of": "ball", "axes": ["x"]}
        content["state"].append(ball)
        keeping()(content)

    slides = (
        '<joint name="sx" type="slide" axis="1 0 0"/><joint name="sy" type="slide" axis="0 1 0"/>'
    )
    first, second = rows(scene=scene_with("0 0 0", slides), edit=edit)
    assert (first.verdict, second.verdict) == (OK, WARN)
    assert second.message.startswith("ball can move along y, which the state does not hold")
    assert "with these axes" in second.advice


def test_an_obstacle_that_no_rollout_comes_near_is_no_idle_cost_term(two_joints, tmp_path):
    two_joints(scene=scene_with("9 0 0"), edit=keeping())
    findings = {one.subject: one for one in check_task(str(tmp_path / "two_joints.yaml"))}
    assert findings["cost: post"].verdict is OK
    assert findings["cost: post"].message == "no rollout came near"


def test_an_obstacle_alone_leads_nowhere(two_joints, tmp_path):
    def edit(content):
        keeping()(content)
        content["cost"]["terms"] = [{"name": "near", "of": "q", "alpha": 0.0, "beta": 0.0}]

    two_joints(scene=scene_with(".25 0 0"), edit=edit)
    findings = check_task(str(tmp_path / "two_joints.yaml"), rollouts=4)
    (said,) = [one for one in findings if one.subject == "cost"]
    assert said.verdict is FAIL
