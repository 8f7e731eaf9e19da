"""A run's own copy of a task file that is of an earlier schema, or of a later one."""

import copy

import pytest
import yaml

from pilqr_ros.tasks import Task, load_task
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.former_keys import as_of_today
from pilqr_ros.tasks.settings import REMOVED, SETTINGS_IN


def in_settings(part, place, given):
    return {"name": "x", part: {"rollouts": 4, place: given}}


@pytest.mark.parametrize("old", REMOVED)
@pytest.mark.parametrize(("part", "place"), SETTINGS_IN)
def test_a_setting_that_is_gone_is_left_out_and_told(old, part, place):
    section, _, name = old.rpartition(".")
    known = "pi2" if place != "settings" or part == "learning" else "coupling"
    section = known if section else ""
    right = {"kl": 2.0} if known == "pi2" else {"start": 0.5}
    gone = {section: {name: 3, **right}} if section else {name: 3, known: right}
    read = as_of_today(in_settings(part, place, gone))
    assert read.document == in_settings(part, place, {known: right})
    path = f"{section}.{name}" if section else name
    assert read.ignored == (f"{part}.{place}.{path} (3)",)


def test_a_value_that_is_gone_is_left_out_and_told():
    given = {"covariance": {"update": "joint", "damping": 2.0}, "pi2": {"history_weights": [1, -1]}}
    read = as_of_today(in_settings("learning", "settings", given))
    left = {"covariance": {"damping": 2.0}, "pi2": {}}
    assert read.document == in_settings("learning", "settings", left)
    assert read.ignored == (
        "learning.settings.covariance.update ('joint')",
        "learning.settings.pi2.history_weights ([1, -1])",
    )


def test_a_section_that_is_not_known_is_left_out_whole():
    read = as_of_today(in_settings("learning", "settings", {"later": {"a": 1}, "lqr": 3}))
    assert read.document == in_settings("learning", "settings", {})
    assert read.ignored == ("learning.settings.later ({'a': 1})", "learning.settings.lqr (3)")


def test_what_is_left_out_is_told_once_and_no_longer_than_a_line():
    gone = {"pi2": {3: 4, None: 2}, "later": list(range(1000))}
    read = as_of_today(in_settings("learning", "settings", gone))
    assert read.document == in_settings("learning", "settings", {})
    assert read.ignored[0] == "learning.settings.pi2 ({3: 4, None: 2})"
    assert read.ignored[1].startswith("learning.settings.later ([0, 1, 2, ")
    assert (len(read.ignored), len(read.ignored[1]) < 100) == (2, True)


def test_a_value_that_only_a_newer_default_forbids_takes_its_section_with_it():
    given = {"dynamics": {"cross_fit_folds": 1}, "pi2": {"kl": 2.0}}  # the direct model needs two
    read = as_of_today(in_settings("learning", "settings", given))
    assert read.document == in_settings("learning", "settings", {"pi2": {"kl": 2.0}})
    assert read.ignored == ("learning.settings.dynamics ({'cross_fit_folds': 1})",)


def test_local_settings_are_judged_over_those_of_learning():
    document = {
        "learning": {"settings": {"step_rule": {"decrease_above": 9.0}}},
        "mdgps": {"local_settings": {"step_rule": {"increase_below": 8.0}}},
    }
    assert as_of_today(document) == (document, ())


def test_settings_of_a_flat_list_are_read_in_their_sections():
    flat = {"step_rule": "memory", "lqr_kl_start": 2.0, "lqr_kl_end": 1.0, "noise_size": "evidence"}
    read = as_of_today(in_settings("learning", "settings", flat))
    nested = {
        "step_rule": {"kind": "memory"},
        "lqr": {"kl_start": 2.0, "kl_end": 1.0},
        "annealing": {"rule": "evidence"},
    }
    assert read == (in_settings("learning", "settings", nested), ())


@pytest.fixture(scope="module")
def reacher():
    return load_task("reacher")


def before(document):
    """Return a task file with the two sections of which there is one today."""
    former = copy.deepcopy(document)
    trained = former.pop("mdgps")
    former["global_policy"] = trained.pop("policy") | {"settings": trained.pop("settings")}
    former["guided"] = trained
    if "local_settings" in trained:
        trained["settings"] = trained.pop("local_settings")
    return former


def test_what_the_two_former_sections_say_is_said_of_one_policy_for_all(reacher):
    document = yaml.safe_load(reacher.source)
    document["mdgps"] |= {"iterations": 7, "local_settings": {"pi2": {"kl": 3.0}}}
    now = Task.from_text(yaml.safe_dump(document), folder=reacher.folder)
    former = yaml.safe_dump(before(document))
    with pytest.raises(TaskError, match=r"(guided|global_policy): is now mdgps"):
        Task.from_text(former, folder=reacher.folder)
    read = Task.from_text(former, folder=reacher.folder, of_run=True)
    assert (read.keys(), read.guided, read.ignored) == (now.keys(), now.guided, ())
    assert read.global_plan.labels == now.global_plan.labels
    assert read.global_plan.settings == now.global_plan.settings


def test_conditions_for_a_policy_that_there_was_not_are_left_out_and_told(reacher):
    document = before(yaml.safe_load(reacher.source))
    del document["global_policy"]
    read = Task.from_text(yaml.safe_dump(document), folder=reacher.folder, of_run=True)
    assert (read.guided, read.global_plan, read.ignored) == (None, None, ("guided",))


def test_what_a_rollout_hangs_on_must_be_known(reacher):
    text = reacher.source + "\nlater: {a: 1}\n"
    with pytest.raises(TaskError, match="later: is not a known key"):
        Task.from_text(text, folder=reacher.folder, of_run=True)


@pytest.mark.parametrize(
    "odd",
    [None, [], 3, {"learning": None}, {"learning": {"settings": 3}}, {"mdgps": []},
     {"guided": 3, "name": "x"}, {"guided": {}, "mdgps": {}}, {"learning": {"settings": {3: 4}}}],
)  # fmt: skip
def test_what_is_no_task_file_is_left_to_be_refused(odd):
    assert as_of_today(odd) == (odd, ())
