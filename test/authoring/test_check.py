"""Each shipped task is free of faults; a task broken in one way is said to be, in that way."""

from types import SimpleNamespace

import numpy as np
import pytest

from pilqr_ros.authoring.check import check_task, has_faults, quick_warnings
from pilqr_ros.authoring.static_checks import check_noise
from pilqr_ros.doctor.findings import Verdict
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.tasks import TaskError, load_task
from pilqr_ros.tasks.config_files import config_names

OK, WARN, FAIL, SKIP = Verdict.OK, Verdict.WARN, Verdict.FAIL, Verdict.SKIP


@pytest.fixture
def found(two_joints, tmp_path):
    """Return a function that checks an edited task of two joints, and returns what of it was said.

    It takes what `two_joints` takes, and the subject that is asked for.
    """

    def check(subject, **edits):
        two_joints(**edits)
        findings = check_task(str(tmp_path / "two_joints.yaml"), rollouts=4)
        return next(one for one in findings if one.subject == subject)

    return check


@pytest.mark.parametrize("name", config_names())
def test_a_shipped_task_has_no_fault_and_warns_of_nothing_at_once(name):
    findings = check_task(name, rollouts=3)
    assert not has_faults(findings), [one for one in findings if one.verdict is FAIL]
    assert quick_warnings(load_task(name)) == []
    assert all(one.advice for one in findings if one.verdict is not OK)


def test_a_task_that_does_not_load_is_the_one_fault(tmp_path):
    (tmp_path / "broken.yaml").write_text("name: broken\nplan: none\n")
    finding, rest = check_task(str(tmp_path / "broken.yaml"))
    assert finding.verdict is FAIL
    assert "plan: is not a known key" in finding.message
    assert (rest.verdict, rest.subject) == (SKIP, "all else")
    assert rest.message == "not checked, because there is no task yet"


def test_a_sound_task_of_two_joints_is_all_ok(two_joints, tmp_path):
    two_joints()
    findings = check_task(str(tmp_path / "two_joints.yaml"), rollouts=4)
    assert {one.verdict for one in findings} == {OK}


def test_a_body_that_cannot_be_placed_is_a_fault(found):
    finding = found(
        "start: bodies and overlaps",
        scene=('mocap="true"', ""),
    )
    assert finding.verdict is FAIL
    assert "target' cannot be placed" in finding.message


def verdicts(tmp_path):
    """Return the verdict of each row of a check, by its subject."""
    findings = check_task(str(tmp_path / "two_joints.yaml"), rollouts=4)
    return {one.subject: one.verdict for one in findings}


def test_where_a_start_is_refused_each_row_is_there_judged_or_skipped(two_joints, tmp_path):
    two_joints()
    sound = verdicts(tmp_path)
    two_joints(scene=('mocap="true"', ""))
    refused = verdicts(tmp_path)
    untried = {"noise: spread of points", "bodies", "cost"}  # one row each where nothing was tried
    rollouts = {"noise: spread of tip", "body target", "cost: near", "cost: torque"}
    assert set(sound) - rollouts == set(refused) - untried
    skipped = {subject for subject, verdict in refused.items() if verdict is SKIP}
    assert untried < skipped
    for subject in ("motors: limits", "gravity: torque at the start", "success: at the start",
                    "hold: spectral radius as sampled", "success: within reach"):  # fmt: skip
        assert refused[subject] is sound[subject] is OK


def beyond(*more):
    """Return an edit with a start of which the second joint is outside its bounds, and others."""

    def edit(content):
        (first,) = content["conditions"]
        content["joints"][1]["position_limits"] = [-2.0, 2.0]
        content["conditions"] = [{**first, "joints": [0.0, 2.5]}]
        content["conditions"] += [{**first, "name": str(start), "joints": start} for start in more]

    return edit


def test_a_start_outside_the_bounds_is_the_one_fault_and_each_row_is_there(two_joints, tmp_path):
    two_joints()
    sound = verdicts(tmp_path)
    with pytest.raises(TaskError):
        two_joints(edit=beyond())
    first, *others = check_task(str(tmp_path / "two_joints.yaml"), rollouts=4)
    assert (first.subject, first.verdict) == ("task file", FAIL)
    assert "conditions[0].joints[1]: 2.5 of 'j2' is outside [-2, 2]" in first.message
    assert "two_joints.yaml:" in first.message
    assert FAIL not in {one.verdict for one in others}
    refused = {one.subject: one.verdict for one in others}
    rollouts = {"noise: spread of tip", "body target", "cost: near", "cost: torque", "task file"}
    assert set(sound) - rollouts <= set(refused)
    for subject in ("motors: limits", "gravity: torque at the start",
                    "hold: spectral radius as sampled", "success: within reach"):  # fmt: skip
        assert refused[subject] is OK
    assert refused["start: bodies and overlaps"] is refused["rollouts: valid"] is SKIP


def test_where_one_start_is_outside_the_bounds_another_is_tried(two_joints, tmp_path):
    with pytest.raises(TaskError):
        two_joints(edit=beyond([0.0, 0.5]))
    found = verdicts(tmp_path)
    assert {subject for subject, verdict in found.items() if verdict is FAIL} == {"task file"}
    assert {subject for subject, verdict in found.items() if verdict is SKIP} == {
        "start: bodies and overlaps"
    }


def test_an_unstable_hold_is_told_where_the_start_is_refused_too(found):
    finding = found(
        "hold: spectral radius as sampled", scene=('mocap="true"', ""), edit=damped(45.0)
    )
    assert finding.verdict is FAIL


def test_where_one_condition_cannot_be_placed_another_is_tried(two_joints, tmp_path):
    def edit(content):
        (first,) = content["conditions"]
        content["conditions"] = [first, {**first, "name": "free", "joints": [0.0, 2.5]}]

    two_joints(arm=SOLID, scene=scene_with(0.215), edit=edit)
    found = verdicts(tmp_path)
    assert found["start: bodies and overlaps"] is FAIL
    assert found["rollouts: valid"] is OK
    assert SKIP not in found.values()


def test_what_rollouts_would_tell_is_skipped_where_none_is_valid(found):
    def edit(content):
        content["guard"] = {"bound_tolerance": 0.01}
        content["initial_policy"]["torque_std"] = [19.0, 19.0]
        for joint in content["joints"]:
            joint["position_limits"] = [-0.06, 0.06]

    for subject in ("cost", "success: by noise alone"):
        finding = found(subject, edit=edit)
        assert finding.verdict is SKIP
        assert finding.message == "not checked, because no noisy rollout was valid"


SOLID = ('<geom contype="0" conaffinity="0"/>', '<geom contype="1" conaffinity="0"/>')
WALL = '<geom name="wall" type="box" size=".01 .1 .1" pos="{} 0 0" contype="0" conaffinity="1"/>'


def scene_with(wall):
    return ("<worldbody>", "<worldbody>" + WALL.format(wall))


def test_an_overlap_at_the_start_is_a_fault(found):
    finding = found("start: bodies and overlaps", arm=SOLID, scene=scene_with(0.215))
    assert finding.verdict is FAIL
    assert "overlap" in finding.message


def test_a_contact_at_the_start_is_a_warning(found):
    finding = found("start: bodies and overlaps", arm=SOLID, scene=scene_with(0.2197))
    assert finding.verdict is WARN
    assert "lower and world" in finding.message


def ranged(value):
    return ('<joint name="j1"/>', f'<joint name="j1" range="{value}" limited="true"/>')


@pytest.mark.parametrize(
    ("value", "verdict", "advice"),
    [
        ("-2.8 2.8", OK, ""),
        ("-90 90", WARN, 'take angle="radian" out'),
        ("-0.03 0.05", WARN, 'write <compiler angle="radian"/>'),
    ],
)
def test_a_range_in_degrees_or_taken_for_degrees_is_a_warning(found, value, verdict, advice):
    finding = found("joints: ranges", arm=ranged(value))
    assert finding.verdict is verdict
    assert advice in finding.advice


def test_joints_without_a_range_have_none_to_judge(found):
    assert found("joints: ranges").message == "no joint turns within a range"


HEAVY = ('<joint name="j1"/>', '<joint name="j1" axis="0 1 0"/>')


def heavy(mass):
    return ('fromto="0 0 0 .1 0 0" size=".01"/>\n<body', f'fromto="0 0 0 .1 0 0" size=".01"/><geom'
            f' size=".01" pos=".1 0 0" mass="{mass}"/>\n<body')  # fmt: skip


@pytest.mark.parametrize(("mass", "verdict"), [(10.0, OK), (15.0, WARN), (25.0, FAIL)])
def test_a_weight_that_the_motors_cannot_bear_is_a_fault(two_joints, tmp_path, mass, verdict):
    """The motor has 20 N m; the mass at 0.1 m needs about a newton metre a kilogram."""
    (tmp_path / "arm.xml").touch()
    two_joints(arm=heavy(mass))
    text = (tmp_path / "arm.xml").read_text()
    (tmp_path / "arm.xml").write_text(text.replace(*HEAVY))
    findings = check_task(str(tmp_path / "two_joints.yaml"), rollouts=2)
    weight = next(one for one in findings if one.subject == "gravity: torque at the start")
    assert weight.verdict is verdict
    assert f"j1 needs {-(mass * 0.1 * 9.81):.2g}"[:11] in weight.message
    sag = next(one for one in findings if one.subject == "hold: sag without noise")
    assert sag.verdict is WARN
    assert "gravcomp" in sag.advice


def damped(value):
    return lambda content: content["initial_policy"].update(damping=[value, value])


def test_a_hold_that_swings_itself_up_is_a_fault_with_gains_that_do_not(found):
    subject = "hold: spectral radius as sampled"
    assert found(subject, edit=damped(30.0)).verdict is OK
    finding = found(subject, edit=damped(45.0))
    assert finding.verdict is FAIL
    assert finding.message.startswith("1.")
    assert "stiffness [" in finding.advice


def test_a_hold_that_is_called_unstable_is_so_in_the_simulator(two_joints):
    for damping, grows in ((35.0, False), (45.0, True)):
        task = two_joints(edit=damped(damping))
        policy = task.initial_policy(0)
        rollout = InProcessCollector(task).collect(policy, 0, 0, explore=True, jitter=False)
        assert (abs(rollout.applied[-5:]).min() == task.torque_limits[0]) == grows


def test_a_hold_that_rings_long_is_a_warning(found):
    assert found("hold: spectral radius as sampled", edit=damped(39.7)).verdict is WARN


def noise(value):
    return lambda content: content["initial_policy"].update(torque_std=[value, value])


@pytest.mark.parametrize(("std", "verdict"), [(5.0, OK), (15.0, WARN), (25.0, FAIL)])
def test_noise_above_the_torque_limits_is_a_fault(found, std, verdict):
    finding = found("noise: of the torque limits", edit=noise(std))
    assert finding.verdict is verdict
    assert f"{std / 20:.0%}" in finding.message


def test_noise_that_joints_share_counts_in_full(two_joints, monkeypatch):
    task = two_joints()
    part = 0.75 * task.torque_limits[1]  # together sqrt(2) as much, 106 % of the limit
    factor = np.array([[1e-6, 0.0], [part, part]])
    monkeypatch.setattr(type(task), "initial_policy", lambda *_: SimpleNamespace(L=factor[None]))
    noise = next(iter(check_noise(task, [])))
    assert noise.verdict is FAIL
    assert "106%" in noise.message


def rate(value):
    def edit(content):
        for joint in content["joints"]:
            joint["torque_rate_limit"] = value

    return edit


def test_rate_limits_that_cannot_follow_the_noise_are_a_warning(found):
    assert found("rate limits", edit=rate(3.0)).verdict is OK
    assert "often cut" in found("rate limits", edit=rate(1.0)).message
    cut = found("rollouts: interventions of the guard", edit=rate(1.0))
    assert cut.verdict is WARN
    assert "rate_limit" in cut.message


def test_a_rate_limit_that_takes_long_to_full_torque_is_a_warning(found):
    def edit(content):
        noise(0.05)(content)
        rate(0.5)(content)

    finding = found("rate limits", edit=edit)
    assert finding.verdict is WARN
    assert "takes 2 s from zero" in finding.message


def target(*position):
    def edit(content):
        content["conditions"][0]["targets"]["target"] = list(position)

    return edit


def test_a_start_that_is_a_success_is_a_warning_and_a_fault_where_any_step_counts(found):
    subject = "success: at the start"
    assert found(subject, edit=target(0.2, 0, 0)).verdict is WARN

    def edit(content):
        target(0.2, 0, 0)(content)
        content["success"]["at"] = "any"

    assert found(subject, edit=edit).verdict is FAIL


def test_a_target_beyond_the_arm_is_a_fault_with_the_distance_that_is_left(found):
    finding = found("success: within reach", edit=target(0.3, 0, 0))
    assert finding.verdict is FAIL
    assert "no nearer than 0.1 m" in finding.message


def test_a_target_is_out_of_reach_of_joints_that_are_bounded(found):
    def edit(content):
        target(0, 0.2, 0)(content)
        content["joints"][0]["position_limits"] = [-0.1, 0.1]
        content["joints"][1]["position_limits"] = [-0.1, 0.1]

    assert found("success: within reach", edit=target(0, 0.2, 0)).verdict is OK
    assert found("success: within reach", edit=edit).verdict is FAIL


def test_a_success_that_every_pose_meets_is_a_fault(found):
    finding = found(
        "success: within reach", edit=lambda content: content["success"].update(within=0.5)
    )
    assert finding.verdict is FAIL
    assert "says nothing" in finding.message


BALL = """<worldbody><body name="ball" pos="{} {} 0"><joint type="slide" axis="1 0 0"/>
<joint type="slide" axis="0 1 0"/><geom size=".01" contype="0" conaffinity="1" mass=".1"/></body>"""


def with_ball(x, y=0.0, within=0.02):
    """Return edits: the success, and the cost beside `near`, is of a ball at a place."""

    def edit(content):
        content["state"].append({"name": "ball", "kind": "body_position", "of": "ball"})
        content["success"] = {"of": "ball", "minus": "goal", "within": within}
        content["cost"]["terms"].append(
            {"name": "ball", "of": "ball", "minus": "goal", "alpha": 0.0, "beta": 1.0}
        )
        content["conditions"][0]["bodies"]["ball"] = [x, y, 0]
        content["conditions"][0]["targets"]["goal"] = [0.5, 0, 0]
        content["initial_policy"]["torque_std"] = [3.0, 3.0]

    return {"arm": SOLID, "scene": ("<worldbody>", BALL.format(x, y)), "edit": edit}


def test_a_success_of_bodies_is_measured_by_the_scene(found):
    assert found("success: within reach", **with_ball(0.23)).verdict is OK
    finding = found("success: within reach", **with_ball(0.23, within=20.0))
    assert finding.verdict is FAIL
    assert "scene's extent" in finding.message


def test_a_body_that_noise_touches_is_told_from_one_that_it_does_not(found):
    beside, far = with_ball(0.15, 0.022), with_ball(0.4)
    near, far = found("body ball", **beside), found("body ball", **far)
    assert "in 0 of 4" not in near.message
    assert "in 0 of 4 noisy rollouts; what must lead there: near" in far.message


def test_a_body_to_which_no_cost_leads_is_a_warning(found):
    edits = with_ball(0.4)
    inner = edits["edit"]

    def edit(content):
        inner(content)
        del content["cost"]["terms"][0]

    edits["edit"] = edit
    assert found("body ball", **edits).verdict is WARN
    assert found("cost", **edits).verdict is FAIL


def test_noise_that_does_next_to_nothing_is_a_warning_with_the_factor_to_raise_it_by(found):
    finding = found("noise: spread of tip", edit=noise(0.01))
    assert finding.verdict is WARN
    assert "raise initial_policy.torque_std" in finding.advice


def test_the_advice_for_a_computed_hold_names_the_keys_that_it_takes(found):
    def edit(content):
        content["initial_policy"] = {"kind": "hold", "position_spread": 0.0005}

    finding = found("noise: spread of tip", edit=edit)
    assert finding.verdict is WARN
    assert "raise initial_policy.position_spread and direction_spread" in finding.advice


def test_noise_beyond_any_linear_model_is_a_warning(found):
    def edit(content):
        content["initial_policy"] = {"kind": "zero", "torque_std": [19.0, 19.0]}
        content["control"]["steps"] = 60

    assert found("noise: spread of tip", edit=edit).verdict is WARN


def term(**changes):
    def edit(content):
        first = content["cost"]["terms"][0]
        content["cost"]["terms"].append({**first, "name": "other", **changes})

    return edit


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"axes": "z", "beta": 0.0, "alpha": 1.0}, "starts at zero and stays there"),
        ({"axes": "z", "of": "tip", "gamma": 1.0}, "noise does not change it"),
        ({"weight": 1e-4}, "the others drown it"),
    ],
)
def test_a_cost_term_that_tells_nothing_is_a_warning(found, changes, message):
    finding = found("cost: other", edit=term(**changes))
    assert finding.verdict is WARN
    assert message in finding.message
    assert found("cost: near", edit=term(**changes)).verdict is OK


def test_a_torque_penalty_that_drowns_the_task_is_a_warning(found):
    def edit(content):
        content["cost"]["torque_weights"] = 10.0

    assert found("cost: torque", edit=edit).verdict is WARN


def test_rollouts_that_the_guard_ends_are_a_fault(found):
    def edit(content):
        for joint in content["joints"]:
            joint["position_limits"] = [-0.06, 0.06]
        content["guard"] = {"bound_tolerance": 0.01}
        noise(19.0)(content)

    finding = found("rollouts: valid", edit=edit)
    assert finding.verdict is FAIL
    assert "j1" in finding.message or "j2" in finding.message


def test_a_task_that_noise_alone_does_is_a_warning(found):
    def edit(content):
        target(0.2, 0, 0.019)(content)
        content["success"].update(within=0.05)

    assert found("success: by noise alone", edit=edit).verdict is WARN


def test_what_can_be_said_at_once_is_said_before_a_training(two_joints):
    findings = quick_warnings(two_joints(edit=damped(45.0)))
    assert [one.subject for one in findings] == ["hold: spectral radius as sampled"]


def test_a_first_policy_that_cannot_be_executed_is_a_fault(found):
    def edit(content):
        content["initial_policy"].update(stiffness=[1e9, 1e9])

    assert found("rollouts", edit=edit).verdict is FAIL


def several(needed, *criteria):
    """Return an edit: success is all, or any, of some criteria."""
    return lambda content: content.update(success={needed: list(criteria)})


TIP = {"of": "tip", "minus": "target", "within": 0.02}
"""Reached with j1 at 0 and j2 at a quarter turn, or with j1 at a quarter and j2 turned back."""


def test_several_criteria_are_within_reach_where_one_pose_meets_them_all(found):
    subject = "success: within reach"
    left, right = (
        {"of": "q", "axes": "j2", "at_least": 1.0},
        {"of": "q", "axes": "j2", "at_most": -1.0},
    )
    assert found(subject, edit=several("all", TIP, left)).verdict is OK
    assert found(subject, edit=several("all", TIP, right)).verdict is OK
    finding = found(subject, edit=several("all", TIP, {"of": "q", "axes": "j2", "within": 0.5}))
    assert finding.verdict is FAIL
    assert "all of: tip within 0.02 m; q within 0.5 rad" in finding.message
    assert found(subject, edit=several("any", TIP, {"of": "tip", "at_least": 9.0})).verdict is OK


def test_a_criterion_that_the_scene_is_too_small_for_is_named(found):
    edits = with_ball(0.23)

    def edit(content):
        edits["edit"](content)
        ball = {"of": "ball", "minus": "goal"}
        content["success"] = {"all": [ball | {"within": 0.02}, ball | {"within": 20.0}]}

    finding = found("success: within reach", **(edits | {"edit": edit}))
    assert finding.verdict is FAIL
    assert "success.all[1].within" in finding.advice
