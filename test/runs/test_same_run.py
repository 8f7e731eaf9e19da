import json
import re

import pytest
import yaml

from pilqr_ros.runs import same_run
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.executed_task import load_executed_task
from pilqr_ros.runs.run_store import open_run
from pilqr_ros.runs.same_files import file_warnings
from pilqr_ros.runs.same_run import check_same, check_versions, differences
from pilqr_ros.tasks import Task, TaskError, load_task


def edited(task, edit, folder=None):
    """Return a task whose file was edited."""
    document = yaml.safe_load(task.source)
    edit(document)
    text = yaml.safe_dump(document)
    return Task.from_text(text, folder=task.folder if folder is None else folder)


def set_weight(document):
    document["cost"]["terms"][0]["weight"] = 77.0


def set_torque_limit(document):
    document["joints"][1]["torque_limit"] = 1.5


def set_kl_step(document):
    document["learning"]["settings"] = {"lqr": {"kl_start": 0.125}}


def add_condition(document):
    document["conditions"].append({**document["conditions"][0], "name": "extra"})


@pytest.mark.parametrize(
    ("edit", "key", "value"),
    [
        (set_weight, "cost.terms[0].weight", "77.0"),
        (set_torque_limit, "joints[1].torque_limit", "1.5"),
        (set_kl_step, "learning.settings.lqr.kl_start", "0.125"),
        (lambda document: document["reset"].update(joint_jitter=0.5), "reset.joint_jitter", "0.5"),
        (add_condition, "conditions[3].name", "'extra'"),
    ],
)
def test_a_changed_key_of_the_task_file_is_named_with_both_values(store, task, edit, key, value):
    found = differences(store, {}, edited(task, edit))
    begun = "[^;]*"
    assert any(
        re.fullmatch(f"{re.escape(key)} is {value}, but the run has {begun}", one) for one in found
    ), found
    with pytest.raises(RunError, match=f"{re.escape(str(store.directory))} was begun otherwise"):
        check_same(store, {}, edited(task, edit))


def test_the_same_task_written_otherwise_is_the_same(store, task):
    document = yaml.safe_load(task.source)
    again = "# a comment\n" + yaml.safe_dump(dict(reversed(document.items())))
    document["description"] = "other words"
    assert differences(store, {}, Task.from_text(again, folder=task.folder)) == []
    assert differences(store, {}, edited(task, lambda d: d.update(description="other words"))) == []
    opened = open_run(store.directory)
    assert differences(opened, vars(store.config), task) == []


def test_a_changed_model_file_is_named(store, task, tmp_path):
    for name, content in task.model_files.items():
        path = tmp_path / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (name, *_) = task.model_files
    path = tmp_path / "models" / name
    path.write_bytes(task.model_files[name] + b"\n")
    other = Task.from_text(task.source, folder=tmp_path)
    assert differences(store, {}, other) == [f"model file {name} has changed since"]


def test_two_tasks_that_differ_in_everything_are_told_apart_by_name(store):
    assert differences(store, {}, load_task("door")) == ["task is 'door', but the run has 'hockey'"]


def test_a_field_that_is_not_asked_for_is_as_it_was_begun(store):
    nothing = dict.fromkeys(vars(store.config))
    assert differences(store, nothing) == []
    assert differences(store, {**nothing, "seed": 0}) == ["seed is 0, but the run has 3"]


def test_a_finished_policy_may_be_evaluated_where_only_learning_differs(store, task):
    check_same(store, {}, edited(task, set_kl_step), strict=False)
    with pytest.raises(RunError, match="torque_limit"):
        check_same(store, {}, edited(task, set_torque_limit), strict=False)


def describe(store, **changes):
    path = store.directory / "run.json"
    description = json.loads(path.read_text())
    for section, values in changes.items():
        description[section] |= values
    path.write_text(json.dumps(description))


def test_other_versions_of_this_package_or_of_the_physics_are_refused(store):
    assert check_versions(store) == []
    describe(store, versions={"mujoco": "3.0.0", "numpy": "1.0"})
    with pytest.raises(RunError, match=r"mujoco is .*begun with 3\.0\.0: install mujoco==3\.0\.0"):
        check_versions(store)


def test_other_versions_of_what_only_rounds_otherwise_are_told(store):
    describe(store, versions={"numpy": "1.0", "torch": "0.1"})
    (warning,) = check_versions(store)  # no network is trained
    assert re.match(r"numpy is .*, but the run was begun with 1\.0: it goes on", warning)


def test_versions_that_are_not_written_by_name_are_refused(store):
    path = store.directory / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"versions": ["numpy"]}))
    with pytest.raises(RunError, match=r"run\.json: versions is list, expected an object"):
        check_versions(store)


def test_a_default_that_has_changed_since_is_refused(store):
    settings = json.loads((store.directory / "run.json").read_text())["settings"]
    settings["step_rule"]["multiplier_max"] = 3.5
    describe(store, settings=settings)
    with pytest.raises(RunError, match=r"step_rule\.multiplier_max is .*the run has 3\.5"):
        check_versions(store)


@pytest.mark.parametrize(
    ("section", "name", "value", "reason"),
    [
        ("pi2", "baseline", False, "is no setting"),
        ("covariance", "update", "joint", "is now scalar"),
    ],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_a_run_whose_task_held_a_setting_that_is_gone_is_looked_at_and_not_continued(
    store, section, name, value, reason, recorded
):
    own = store.directory / "task.yaml"
    document = yaml.safe_load(own.read_text())
    document.setdefault("learning", {})["settings"] = {section: {name: value}}
    own.unlink()  # it may be shared with another run
    own.write_text(yaml.safe_dump(document))
    if recorded:
        describe(store, settings={section: {name: value}})
    opened = open_run(store.directory)
    assert load_executed_task(str(own)).keys() == opened.task.keys()
    (warning,) = [one for one in file_warnings(opened) if "ignored" in one]
    shown = {False: "false"}.get(value, repr(value))  # as the file has it
    assert f"learning.settings.{section}.{name} ({shown})" in warning
    with pytest.raises(RunError, match=rf"no setting learning\.settings\.{section}\.{name}"):
        check_versions(opened)
    with pytest.raises(TaskError, match=rf"{section}\.{name}: .*{reason}"):
        load_task(own)  # a training that begins has it told


def test_of_many_settings_that_mean_something_else_a_few_are_named(store):
    describe(store, settings={f"step_{number}": 1 for number in range(40)})
    with pytest.raises(RunError, match=r"cannot be continued: .*; and \d\d+ more$") as refused:
        check_versions(store)
    assert str(refused.value).count("but the run has") == same_run.MAX_NAMED


def test_a_finished_run_is_not_continued_so_versions_do_not_matter(trainer, store):
    trainer.run()
    describe(store, versions={"mujoco": "3.0.0"})
    assert check_versions(store) == []


def test_a_few_differences_are_named_and_the_others_counted(store, task, monkeypatch):
    monkeypatch.setattr(same_run, "MAX_NAMED", 1)
    both = edited(task, lambda d: (set_weight(d), set_torque_limit(d)))
    with pytest.raises(RunError, match=r"but the run has [^;]*; and 1 more;"):
        check_same(store, {}, both)
