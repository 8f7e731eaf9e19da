"""Settings in a task file: one spelling, merged section by section, errors by their path."""

import re

import pytest

from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.tasks import Task, load_task
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.settings import (
    REMOVED,
    RENAMED,
    REPLACED_VALUES,
    merged_settings,
    validated_settings,
)
from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.settings import Settings


@pytest.mark.parametrize("old", RENAMED)
def test_a_former_spelling_is_refused_with_the_present_one_which_exists(old):
    section, name = RENAMED[old].split(".")
    (record,) = (kind for kind in (Settings, GuidedSettings) if hasattr(kind(), section))
    assert hasattr(getattr(record(), section), name)
    with pytest.raises(TaskError, match=rf"settings\.{old}: is now {section}: {{{name}: \.\.\.}}"):
        validated_settings(record, {old: 1}, "settings")


def test_a_setting_of_the_other_record_is_unknown_and_not_sent_to_a_section_that_is_not_there():
    with pytest.raises(TaskError, match=r"settings\.prior: is not a known key"):
        validated_settings(GuidedSettings, {"prior": "gmm"}, "settings")
    with pytest.raises(TaskError, match=r"settings\.hidden: is not a known key"):
        validated_settings(Settings, {"hidden": [8]}, "settings")


@pytest.mark.parametrize("old", REMOVED)
def test_a_setting_that_is_gone_is_told_so(old):
    section, _, name = old.rpartition(".")
    given = {section: {name: 3}} if section else {name: 3}
    with pytest.raises(TaskError, match=rf"settings\.{re.escape(old)}: is no setting any more"):
        validated_settings(Settings, given, "settings")


def test_a_value_that_is_gone_is_told_with_what_stands_for_it():
    given = {"covariance": {"update": "joint"}}
    with pytest.raises(TaskError, match=r"settings\.covariance\.update: 'joint' is now scalar"):
        validated_settings(Settings, given, "settings")


@pytest.mark.parametrize("path", REPLACED_VALUES)
def test_what_stands_for_a_value_that_is_gone_is_a_value_of_today(path):
    section, name = path.split(".")
    for gone, now in REPLACED_VALUES[path].items():
        with pytest.raises(SettingError):
            Settings().changed(**{section: {name: gone}})
        Settings().changed(**{section: {name: re.split(r"\W", now)[0]}})


def test_a_section_of_a_former_name_is_taken():
    read = validated_settings(Settings, {"step_rule": {"kind": "memory"}}, "settings")
    assert read.step_rule.kind == "memory"


def test_settings_are_laid_over_others_section_by_section():
    below = {"pi2": {"kl": 1.0, "fallback_to_cost": True}, "lqr": {"kl_start": 1.0}}
    above = {"pi2": {"kl": 2.0}, "annealing": {"to": 0.1}}
    merged = merged_settings(below, above)
    assert merged == {
        "pi2": {"kl": 2.0, "fallback_to_cost": True},
        "lqr": {"kl_start": 1.0},
        "annealing": {"to": 0.1},
    }
    assert below["pi2"]["kl"] == 1.0


@pytest.mark.parametrize(
    ("old", "new"), [("guided", "local_settings"), ("global_policy", r"mdgps\.policy")]
)
def test_a_former_section_is_refused_by_what_it_is_called_now(old, new):
    text = load_task("plug").source + f"\n{old}: {{conditions: [slot]}}\n"
    with pytest.raises(TaskError, match=f"{old}: is now mdgps.*{new}"):
        Task.from_text(text, folder=load_task("plug").folder)
