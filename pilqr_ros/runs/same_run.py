"""Whether a run that is continued is still what it says it is.

Everything that decides numbers is compared by content: what was asked for, the keys of the task
file, the files of its models, the settings with their defaults, and the versions of the libraries.
Versions are of two kinds:

- `pilqr_ros` and `mujoco` refuse: another one may mean another update, another default or another
  physics, so that the samples of one run would come from two worlds.
- `numpy`, `scipy`, `torch` and `python` warn: their releases change the last digits, and at most
  which noise is drawn next. The run goes on as soundly, but no longer bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import OtherRunError
from pilqr_ros.runs.run_description import read_description, settings_of
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.runs.versions import recorded_versions, versions
from pilqr_ros.tasks import Task

REFUSING = ("pilqr_ros", "mujoco")
"""What must be the same version when a run is continued; other libraries warn."""

OF_LEARNING = ("description", "learning", "mdgps", "initial_policy")
"""Sections of the task file that do not decide what a finished policy does."""

MAX_NAMED = 5
"""So many differences are named; two task files may differ in every key."""

_ABSENT = "absent"


def check_same(
    store: RunStore, asked: Mapping[str, object], task: Task | None = None, *, strict: bool = True
) -> None:
    """Refuse to continue a run as something else than it was begun as.

    Args:
        store: The run.
        asked: Fields of `RunConfig` that are asked for now; None for as it was begun.
        task: The task that is executed now; None for the run's own.
        strict: For evaluating a finished policy alone, what only learning reads may differ.

    Raises:
        OtherRunError: Something differs; the message names it, with both values.
    """
    found = differences(store, asked, task, ignored=("description",) if strict else OF_LEARNING)
    if found:
        raise OtherRunError(
            f"{store.directory} was begun otherwise: {some_of(found)}; a run stays as it was "
            "begun: begin another one (train --from takes this one's policies)"
        )


def differences(
    store: RunStore,
    asked: Mapping[str, object],
    task: Task | None = None,
    *,
    ignored: Collection[str] = ("description",),
) -> list[str]:
    """Return in what a run differs from what is asked for now; empty if in nothing.

    Args:
        store: The run.
        asked: Fields of `RunConfig` that are asked for now; None for as it was begun.
        task: The task that is executed now; None for the run's own.
        ignored: Sections of the task file that may differ.
    """
    if task is not None and task.name != store.config.task:
        return [_differs("task", task.name, store.config.task)]
    begun = vars(store.config)
    found = [
        _differs(name, value, begun[name])
        for name, value in asked.items()
        if value is not None and value != begun[name]
    ]
    if task is not None and task is not store.task:
        found += _key_differences(task, store.task, ignored)
        found += _model_differences(task.model_files, store.task.model_files)
    return found


def check_versions(store: RunStore) -> list[str]:
    """Return what warns about continuing a run with the libraries that there are now.

    A run that is finished, its last policies executed, is not continued, whatever is asked for.

    Raises:
        OtherRunError: It would not be the same run any more; the message says what to install.
    """
    if store.is_finished:
        return []
    path = store.directory / "run.json"
    recorded = atomic.read_json(path)
    then, now = recorded_versions(recorded, path), versions()
    changed = [name for name in then if now.get(name, _ABSENT) != then[name]]
    refused = [
        f"{name} is {now.get(name, _ABSENT)}, but the run was begun with {then[name]}: install "
        f"{name}=={then[name]}, or begin a new run"
        for name in changed
        if name in REFUSING
    ]
    refused += [f"this version has no setting {gone}" for gone in store.task.ignored]
    refused += _changed_defaults(store, recorded.get("settings", {}))
    if refused:
        raise OtherRunError(f"{store.directory} cannot be continued: {some_of(refused)}")
    return [
        f"{name} is {now.get(name, _ABSENT)}, but the run was begun with {then[name]}: it goes on "
        "soundly, but not bit for bit"
        for name in changed
        if name != "torch" or store.config.guided
    ]


def check_settings(store: RunStore) -> None:
    """Refuse a run whose settings are not those that its task file stands for now.

    Raises:
        OtherRunError: A default has changed since; the message names it, with both values.
    """
    changed = _changed_defaults(store, read_description(store.directory).get("settings", {}))
    if changed:
        raise OtherRunError(f"{store.directory} was begun with other defaults: {some_of(changed)}")


def some_of(differences: Sequence[str]) -> str:
    """Return the first few differences in a line, and how many more there are."""
    more = len(differences) - MAX_NAMED
    rest = f"; and {more} more" if more > 0 else ""
    return "; ".join(differences[:MAX_NAMED]) + rest


def _changed_defaults(store: RunStore, begun: Mapping[str, Any]) -> list[str]:
    """Tell which settings mean something else now, though the frozen task file is the same."""
    # As JSON gives them back: lists for tuples.
    now = json.loads(json.dumps(settings_of(store.task, store.config.method)))
    return _compared(dict(_leaves(now, "settings")), dict(_leaves(begun, "settings")))


def _key_differences(now: Task, begun: Task, ignored: Collection[str]) -> list[str]:
    """Compare two task files key by key; comments and the order of keys do not matter."""
    leaves = [dict(_leaves(task.keys(ignored))) for task in (now, begun)]
    return _compared(*leaves)


def structure_differences(task: Task, store: RunStore) -> list[str]:
    """Return in what a task differs from a run's so that no policy of the run is one of the task's.

    Worlds may differ, and limits, costs and goals; rate, steps, joints and state may not.
    """
    now, begun = (dict(_leaves(_structure(each))) for each in (task, store.task))
    return _compared(now, begun)


def _structure(task: Task) -> dict[str, object]:
    keys = task.keys()
    return {
        "control": keys["control"],
        "joints": [{"name": name} for name in task.joints],
        "state": keys["state"],
    }


def _compared(now: Mapping[str, object], begun: Mapping[str, object]) -> list[str]:
    """Compare values by their keys; nothing recorded is nothing to compare."""
    if len(begun) == 0:
        return []
    return [
        _differs(key, now.get(key, _ABSENT), begun.get(key, _ABSENT))
        for key in dict.fromkeys((*now, *begun))
        if now.get(key, _ABSENT) != begun.get(key, _ABSENT)
    ]


def _leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Yield each value of a nested section by its path, as errors of task files name it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            yield from _leaves(inner, f"{key}[{i}]")
    else:
        yield key, value


def _model_differences(now: Mapping[str, bytes], begun: Mapping[str, bytes]) -> list[str]:
    """Compare the files of two tasks' models byte by byte."""
    return [
        f"model file {name} {_what_of_file(name, now, begun)}"
        for name in sorted({*now, *begun})
        if now.get(name) != begun.get(name)
    ]


def _what_of_file(name: str, now: Mapping[str, bytes], begun: Mapping[str, bytes]) -> str:
    if name not in begun:
        return "is not one of the run's"
    return "has changed since" if name in now else "of the run is not used any more"


def _differs(name: str, now: object, begun: object) -> str:
    return f"{name} is {_shown(now)}, but the run has {_shown(begun)}"


def _shown(value: object) -> str:
    return _ABSENT if value is _ABSENT else repr(value)
