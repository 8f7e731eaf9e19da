"""Each kind of broken run says its own word, and a healthy one says none."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

import pilqr_ros
from pilqr_ros.diagnosis import CHECKS
from pilqr_ros.diagnosis.diagnose import judge
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.convergence import Course, standing
from pilqr_ros.trajopt.record import StepStatus
from pilqr_ros.trajopt.tvlg import TVLGPolicy

DOCUMENT = Path(pilqr_ros.__file__).parents[1] / "docs" / "diagnosis.md"


def words(evidence):
    return {one.kind for one in judge(evidence)}


def with_updates(evidence, **arrays):
    return replace(evidence, updates=[{**update, **arrays} for update in evidence.updates])


def with_reports(evidence, **changes):
    return replace(evidence, reports=[{**report, **changes} for report in evidence.reports])


def with_rollouts(evidence, **changes):
    return replace(
        evidence, rollouts=[replace(rollout, **changes) for rollout in evidence.rollouts]
    )


def with_terms(evidence, **terms):
    return replace(
        evidence,
        costs=[
            replace(cost, terms={**cost.terms, **{k: v(i) for k, v in terms.items()}})
            for i, cost in enumerate(evidence.costs)
        ],
    )


def scaled(policy, K=1.0, L=1.0):
    return TVLGPolicy(K * policy.K, policy.k, L * policy.L)


def steps(evidence, value):
    return np.full(evidence.task.T, value)


def succeeding_at_once(evidence):
    """The puck lies in the goal before anything is done."""
    layout, goal = evidence.task.layout, evidence.task.conditions[0].targets["goal"]
    rollouts = []
    for rollout in evidence.rollouts:
        states = rollout.states.copy()
        states[0, layout["puck"]] = goal
        rollouts.append(replace(rollout, states=states))
    return replace(evidence, rollouts=rollouts)


def with_still_puck(evidence):
    layout = evidence.task.layout
    rollouts = []
    for rollout in evidence.rollouts:
        states = rollout.states.copy()
        states[:, layout["puck"]] = states[0, layout["puck"]]
        rollouts.append(replace(rollout, states=states))
    return replace(evidence, rollouts=rollouts)


def without_progress(evidence):
    return with_reports(evidence, distances=[1.4] * 10)


def through_the_floor(evidence):
    """The blade is to stay above the floor, and dives into it in one rollout."""
    content = yaml.safe_load(evidence.task.source)
    floor = {"name": "ground", "of": "blade", "geom": "floor", "distance": 0.01}
    content["cost"]["obstacles"] = [floor]
    task = Task.from_text(yaml.safe_dump(content), folder=evidence.task.folder)
    first, *others = evidence.rollouts
    states = first.states.copy()
    states[40, task.layout["blade"]][2] = -0.02
    return replace(evidence, task=task, rollouts=[replace(first, states=states), *others])


def in_two_ways(evidence):
    ends = [0.05] * 5 + [1.4] * 5
    costs = [
        replace(c, distance=d + 1e-3 * i)
        for i, (c, d) in enumerate(zip(evidence.costs, ends, strict=True))
    ]
    return replace(evidence, costs=costs)  # fmt: skip


def still_falling(evidence):
    falls = np.geomspace(7000.0, 2000.0, len(evidence.reports))
    reports = [
        {**report, "total_costs": [c] * 10}
        for report, c in zip(evidence.reports, falls, strict=True)
    ]
    return replace(evidence, reports=reports)


BROKEN = {
    "met_at_reset": succeeding_at_once,
    "untouched": with_still_puck,
    "no_progress": without_progress,
    "constant_term": lambda e: with_terms(e, goal=lambda i: 7070.0),
    "drowned_term": lambda e: with_terms(e, arm=lambda i: 1e-3 + 1e-4 * i),
    "through_obstacle": through_the_floor,
    "discarded": lambda e: with_reports(e, rollouts_invalid=8),
    "refused": lambda e: with_reports(e, halvings=2),
    "two_modes": in_two_ways,
    "torque_limit": lambda e: with_rollouts(
        e, applied=np.tile(e.task.torque_limits, (e.task.T, 1))
    ),
    "rate_limit": lambda e: with_rollouts(e, interventions=steps(e, int(Intervention.RATE_LIMIT))),
    "kept_from_bounds": lambda e: with_rollouts(
        e, interventions=steps(e, int(Intervention.JOINT_BOUND))
    ),
    "gains_rose": lambda e: replace(e, last=scaled(e.last, K=30.0)),
    "noise_gone": lambda e: replace(e, last=scaled(e.last, L=0.03)),
    "noise_grew": lambda e: replace(e, last=scaled(e.last, L=5.0)),
    "one_sample": lambda e: with_updates(e, effective_samples=steps(e, 1.1)),
    "temperature_at_bound": lambda e: with_updates(
        e, status=steps(e, int(StepStatus.TEMPERATURE_AT_BOUND))
    ),
    "equal_costs": lambda e: with_updates(e, status=steps(e, int(StepStatus.CONSTANT_COST))),
    "model_blind": lambda e: with_updates(e, residual_ratio=steps(e, 1.3)),
    "kl_without_gain": lambda e: with_updates(
        e, kl_wanted=steps(e, 1.0), status=steps(e, int(StepStatus.CONVERGED))
    ),
    "step_beyond_bound": lambda e: with_reports(
        e,
        update={"lqr_kl": {"wanted": 1.0, "sampled": 6.0, "largest_excess": 9.0, "at_step": 42}},
    ),
    "still_improving": still_falling,
    "network_misses": lambda e: replace(e, network_error=4.0),
}


def test_every_check_has_a_run_that_is_broken_for_it():
    assert set(BROKEN) == set(CHECKS)


@pytest.mark.parametrize("word", CHECKS)
def test_a_run_that_is_broken_in_one_way_says_that_word_alone(failing, word):
    assert words(BROKEN[word](failing)) == {word}


def test_a_run_that_only_fails_says_nothing_that_it_does_not_know(failing):
    assert words(failing) == set()


def test_a_healthy_run_says_nothing(healthy):
    assert words(healthy) == set()


@pytest.mark.parametrize(
    "word", ["noise_gone", "gains_rose", "model_blind", "untouched", "network_misses", "refused"]
)
def test_what_a_learned_policy_may_be_is_not_held_against_it(healthy, word):
    assert words(BROKEN[word](healthy)) == set()


@pytest.mark.parametrize("word", CHECKS)
def test_a_judgement_has_a_number_and_something_to_try(failing, word):
    (one,) = judge(BROKEN[word](failing))
    assert one.condition == "middle"
    assert any(letter.isdigit() for letter in one.says)
    assert one.advice


def test_an_obstacle_that_is_gone_through_is_told_with_how_often_and_how_deep(healthy):
    (one,) = judge(through_the_floor(healthy))  # of a run that has learned the task, too
    assert one.says == ("1 of 10 rollouts of the last iteration go through ground, by up to 0.02 m")


def test_discarded_rollouts_are_told_with_their_most_frequent_reasons(failing):
    broken = replace(
        BROKEN["discarded"](failing),
        discard_reasons={"a late tick": 2, "elbow left its bounds": 5, "x": 1, "y": 1},
    )
    (one,) = judge(broken)
    assert "(5 times: elbow left its bounds; 2 times: a late tick; 1 times: x)" in one.says


def test_the_last_refusal_is_told_with_its_reason(failing):
    (one,) = judge(with_reports(failing, halvings=1, refusals=["too fast", "too hot"]))
    assert one.says.endswith("the last time: too hot")


def test_a_blind_model_is_told_with_the_blocks_that_it_misses(failing):
    layout = failing.task.layout
    error = np.full((failing.task.T - 1, len(layout.blocks)), 0.01)
    error[:, layout.names.index("puck")] = 0.8
    error[:, layout.names.index("puck_velocity")] = np.nan
    (one,) = judge(replace(BROKEN["model_blind"](failing), model_error=error))
    assert one.says.endswith("from one step to the next it misses 80% of puck")


def test_a_training_that_was_told_to_have_stalled_is_not_told_to_improve(failing):
    falling = BROKEN["still_improving"](failing)
    stalled = {"status": "stalled", "because": "the noise is 1.0% of the first"}
    assert words(with_reports(falling, standing=stalled)) == set()


def test_whatever_the_course_of_a_training_diagnosis_and_stop_rule_agree(failing):
    """A run improves for the one only if it does for the other; learned is learned enough."""
    rng, seen = np.random.default_rng(0), []
    for _ in range(400):
        n = int(rng.integers(1, 16))
        costs, rate = rng.uniform(1.0, 3.0, n), rng.choice([0.0, 0.5, 0.93, 1.0])
        reports = [
            {"iteration": i, "condition": 0, "total_costs": [cost] * 10,
             "successes": list(rng.uniform(size=10) < rate)}
            for i, cost in enumerate(costs)
        ]  # fmt: skip
        noise, successes = (
            float(rng.choice([0.01, 0.5])),
            [np.mean(r["successes"]) for r in reports],
        )
        told = standing(Course(costs, np.array(successes), noise, {}))
        reports[-1]["standing"] = told._asdict()
        evidence = replace(failing, reports=reports)
        improves = CHECKS["still_improving"](evidence) is not None
        assert not improves or told.status == "improving"
        assert evidence.learned or told.status != "converged"
        assert not (evidence.learned and told.status == "stalled")
        seen.append((improves, told.status))
    assert {(True, "improving"), (False, "stalled"), (False, "converged")} <= set(seen)


def test_gains_may_rise_while_the_cost_falls(failing):
    rising = BROKEN["gains_rose"](BROKEN["still_improving"](failing))
    assert words(rising) == {"still_improving"}


@pytest.mark.parametrize(("word", "check"), CHECKS.items())
def test_the_document_says_what_every_word_means(word, check):
    assert f"| `{word}` | {check.__doc__} |" in DOCUMENT.read_text()


def test_the_document_explains_no_word_that_is_never_said():
    told = re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(), re.MULTILINE)
    assert told == list(CHECKS)
