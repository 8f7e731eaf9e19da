"""What ``run.json`` says of a run: what it was asked to do, and what it was begun with.

::

    format                                 version of the directory's layout
    task, method, iterations, ...          the fields of `RunConfig`
    settings                               those of the method, defaults, too
    versions                               of this package and the libraries
    files                                  SHA-256 of the task file, of each model's file, and of
                                           what was taken from another run
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunConfigError, RunError
from pilqr_ros.runs.file_names import DESCRIPTION_FILE, TASK_FILE
from pilqr_ros.runs.run_config import GUIDED, RunConfig, check_conditions, plan_of
from pilqr_ros.runs.versions import recorded_by_name, versions
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.validation import validated

FORMAT = 1
"""Version of the directory's layout."""


def task_files(task: Task) -> dict[str, bytes]:
    """Return a task's file and those of its models, by their paths in a run."""
    models = {f"models/{name}": content for name, content in task.model_files.items()}
    return {TASK_FILE: task.source.encode(), **models}


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each of a run's files by its path there."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def settings_of(task: Task, method: str) -> dict[str, Any]:
    """Return the settings that a method trains with, those that are defaults, too."""
    plan = task.global_plan if method.startswith(GUIDED) else None
    network = {} if plan is None else {"mdgps": asdict(plan.settings)}
    return {**asdict(plan_of(task, method).settings), **network}


def describe(task: Task, config: RunConfig, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the description of a run that begins with these files."""
    return {
        "format": FORMAT,
        **asdict(config),
        "settings": settings_of(task, config.method),
        "versions": versions(),
        "files": digests(files),
    }


def read_description(directory: Path) -> dict[str, Any]:
    """Read the description of a run.

    Raises:
        RunError: It is not a run, or of another format.
    """
    path = directory / DESCRIPTION_FILE
    if not path.exists():
        raise RunError(f"{directory} is no run: it has no {DESCRIPTION_FILE}")
    description = atomic.read_json(path)
    if description.get("format") != FORMAT:
        found = description.get("format")
        raise RunError(f"{path}: format {found!r} is not supported, expected {FORMAT}")
    return description


def read_config(description: Mapping[str, Any], path: Path) -> RunConfig:
    """Return what a run was asked to do.

    Args:
        description: What its description holds.
        path: That file, for errors.

    Raises:
        RunError: A key is missing, or has a value of another kind.
    """
    known = {name: description[name] for name in RunConfig.__annotations__ if name in description}
    try:
        return validated(RunConfig, known)
    except ConfigError as error:
        raise RunError(str(ConfigError.naming(error, str(path)))) from error


def check_conditions_of(config: RunConfig, task: Task, path: Path) -> None:
    """Refuse conditions that the task does not have, whatever else a run may be asked.

    Raises:
        RunError: There is one; the message names the file that asks for it.
    """
    try:
        check_conditions(config.conditions, task)
    except RunConfigError as error:
        raise RunError(f"{path}: {error}") from error


def recorded_digests(description: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the digests that a run was begun with; none if it is older than they are.

    Args:
        description: What its description holds.
        path: That file, for errors.

    Raises:
        RunError: They are not written by name.
    """
    return recorded_by_name(description, "files", path)
