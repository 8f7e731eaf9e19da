"""Files of a run that were edited in its directory."""

import hashlib
import json

import pytest

from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import open_run
from pilqr_ros.runs.same_files import ON_A_ROBOT, check_files, file_warnings


def description(store, **changes):
    """Change keys of a run's description, None removes one; return it."""
    path = store.directory / "run.json"
    found = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in found.items() if value is not None}))
    return found


def append(path):
    path.write_bytes(path.read_bytes() + b"\n")


def test_a_run_keeps_the_sha256_of_its_task_file_and_of_each_models_file(store):
    kept = description(store)["files"]
    assert {name.partition("/")[0] for name in kept} == {"task.yaml", "models"}
    on_disk = [path for path in store.directory.rglob("*") if path.is_file()]
    assert kept == {
        path.relative_to(store.directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in on_disk
        if path.name != "run.json"
    }
    assert check_files(open_run(store.directory)) == []


def test_an_edited_task_file_or_model_is_named_and_not_learned_from(store):
    (model, *_) = sorted((store.directory / "models").iterdir())
    append(model)
    name = f"models/{model.name}"
    with pytest.raises(RunError, match=f"{name} is not as it was when the run was begun: put back"):
        check_files(open_run(store.directory))
    append(store.directory / "task.yaml")
    with pytest.raises(RunError, match=rf"task\.yaml, {name} are not as they were"):
        check_files(open_run(store.directory))
    (warning,) = file_warnings(open_run(store.directory))
    assert f"task.yaml, {name} are not as they were" in warning


def test_an_edited_run_is_not_executed_on_a_robot_either(store):
    append(store.directory / "task.yaml")
    with pytest.raises(
        RunError, match=r"cannot be executed on a robot: task\.yaml is not as it was"
    ):
        check_files(open_run(store.directory), ON_A_ROBOT)


def test_a_run_that_is_older_than_the_digests_is_taken_with_a_word(store):
    description(store, files=None)
    append(store.directory / "task.yaml")
    (warning,) = check_files(open_run(store.directory))
    assert "has no digests of its files in run.json" in warning
    assert file_warnings(open_run(store.directory)) == []


def test_digests_that_are_not_written_by_name_are_refused(store):
    description(store, files=["task.yaml"])
    with pytest.raises(RunError, match=r"run\.json: files is list, expected an object"):
        check_files(store)


def test_digests_that_were_emptied_are_no_older_run(store):
    description(store, files={})
    with pytest.raises(RunError, match=r"task\.yaml, .* not as they were"):
        check_files(store)
