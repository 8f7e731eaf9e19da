"""Listed and drawn conditions, and the sets of them that a task file names."""

import numpy as np
import pytest

from pilqr_ros.tasks import TaskError

PUCK = np.array([0.85, -0.188])


def drawn(**changes):
    """Return an edit that changes hockey's drawn set."""

    def edit(content):
        content["drawn_conditions"][0] |= changes

    return edit


def shifted(**changes):
    """Return an edit that changes the shift of hockey's drawn set."""

    def edit(content):
        content["drawn_conditions"][0]["shifts"][0] |= changes

    return edit


def named(hockey, name):
    return [condition for condition in hockey.conditions if condition.group == name]


def test_the_middle_goal_is_what_local_training_is_for(hockey):
    assert hockey.learning.conditions == (0,)
    assert hockey.conditions[0].name == "middle"
    np.testing.assert_array_equal(
        hockey.conditions[0].targets["blade_at_puck"], [0.805, -0.188, 0.062]
    )


def test_one_policy_is_trained_on_the_outer_goals_and_tested_on_all(hockey):
    assert hockey.guided.conditions == hockey.condition_indices(["left", "right"]) == (1, 2)
    assert hockey.guided.tests["goals"].conditions == (1, 0, 2)
    assert hockey.guided.tests["goals"].rollouts == 10
    assert hockey.guided.tests["between"].conditions == tuple(range(3, 103))


def test_the_goals_are_half_a_metre_apart(hockey):
    y = [hockey.conditions[i].bodies["goal"][1] for i in (2, 0, 1)]
    np.testing.assert_allclose(np.diff(y), 0.5)


def test_the_blade_faces_the_goal_of_every_condition_from_behind_the_puck(hockey):
    for condition in hockey.conditions:
        blade, goal = condition.targets["blade_at_puck"], condition.bodies["goal"][:2]
        to_goal = (goal - PUCK) / np.linalg.norm(goal - PUCK)
        np.testing.assert_allclose(PUCK - blade[:2], 0.045 * to_goal, atol=1e-8)
        assert blade[2] == 0.062


def test_drawn_goals_are_spread_over_the_whole_range(hockey):
    y = np.array([condition.bodies["goal"][1] for condition in named(hockey, "between")])
    assert len(y) == 100
    assert y.min() > -0.688 and y.max() < 0.312
    counts, _ = np.histogram(y, bins=4, range=(-0.688, 0.312))
    assert counts.min() >= 10


def test_a_draw_moves_everything_it_names_alike_and_nothing_else(hockey):
    middle = hockey.conditions[0]
    for condition in named(hockey, "between"):
        shift = condition.bodies["goal"] - middle.bodies["goal"]
        np.testing.assert_allclose(condition.targets["goal"] - middle.targets["goal"], shift)
        np.testing.assert_array_equal(condition.start, middle.start)
        np.testing.assert_array_equal(condition.bodies["puck"], middle.bodies["puck"])


def test_draws_are_the_same_at_every_loading_and_differ_by_seed(hockey, edited):
    def goals(task):
        return [condition.bodies["goal"][1] for condition in named(task, "between")]

    assert goals(edited(drawn())) == goals(hockey)
    assert not set(goals(edited(drawn(seed=1)))) & set(goals(hockey))


def test_within_bounds_the_length_of_a_shift(edited):
    task = edited(shifted(low=[-0.3, -0.3, 0], high=[0.3, 0.3, 0], within=0.3))
    length = np.array(
        [np.hypot(*(c.bodies["goal"] - [2.25, -0.188, 0])[:2]) for c in named(task, "between")]
    )
    assert length.max() <= 0.3
    assert np.mean(length > 0.15) == pytest.approx(0.75, abs=0.15)


def test_joints_can_be_drawn(edited):
    task = edited(shifted(of=["joints"], low=[0.0] * 7, high=[0.1] * 7))
    starts = np.array([condition.start for condition in named(task, "between")])
    assert np.all((starts.std(axis=0) > 0.02) & (starts.std(axis=0) < 0.04))


def test_a_task_without_names_trains_every_listed_condition(edited):
    def edit(content):
        del content["learning"]["conditions"], content["mdgps"]

    task = edited(edit)
    assert task.learning.conditions == (0, 1, 2)
    assert task.guided is None


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            drawn(like="centre"),
            r"drawn_conditions\[0\]\.like: 'centre' is no .*middle",
        ),
        (drawn(name="left"), r"drawn_conditions\[0\]\.name: 'left' is used twice"),
        (drawn(count=0), r"drawn_conditions\[0\]\.count: is 0, must be from 1 to 1000"),
        (shifted(of=["puck"]), r"shifts\[0\]\.of\[0\]: 'puck' is not joints, bodies\.<name>, "),
        (shifted(of=["targets.blade_at_puck"]), r"of\[0\]: 'targets\.blade_at_puck' is not joints"),
        (shifted(of=["joints"]), r"shifts\[0\]\.of\[0\]: has 7 entries, the shift has 3"),
        (shifted(low=[0, 1, 0]), r"shifts\[0\]\.low: \[.*\] must be as long as high"),
        (shifted(low=[0.2, -0.5, 0], high=[0.3, 0.5, 0], within=0.1), r"within: 0\.1 was exceeded"),
    ],
)
def test_a_wrong_draw_is_named(edited, edit, message):
    with pytest.raises(TaskError, match=message):
        edited(edit)


def test_an_unknown_name_is_refused_with_those_there_are(hockey, edited):
    with pytest.raises(TaskError, match=r"no condition 'top'; .*: middle, left, right, between"):
        hockey.condition_indices(["left", "top"])

    def edit(content):
        content["mdgps"]["tests"]["goals"]["conditions"] = ["top"]

    with pytest.raises(TaskError, match=r"mdgps\.tests\.goals\.conditions: no condition 'top'"):
        edited(edit)


@pytest.mark.parametrize("role", ["behind", "facing"])
def test_a_target_behind_an_unknown_body_is_refused(edited, role):
    def edit(content):
        content["conditions"][0]["targets"]["blade_at_puck"][role] = "ball"

    with pytest.raises(TaskError, match=rf"targets\.blade_at_puck\.{role}: 'ball' is no body of"):
        edited(edit)


def test_settings_of_guided_training_are_those_of_learning_but_for_its_own(edited):
    def change(content):
        content["learning"]["settings"] = {"pi2": {"kl": 0.7}, "dynamics": {"cross_fit_folds": 3}}
        content["mdgps"]["local_settings"] = {"pi2": {"kl": 0.3}}

    task = edited(change)
    assert (task.learning.settings.pi2.kl, task.guided.settings.pi2.kl) == (0.7, 0.3)
    assert task.guided.settings.dynamics.cross_fit_folds == 3


def test_one_condition_of_a_drawn_set_has_a_name_of_its_own(hockey):
    drawn = hockey.condition_indices(["between"])
    name = hockey.conditions[drawn[2]].name
    assert hockey.condition_indices([name, "left"]) == (drawn[2], 1)
