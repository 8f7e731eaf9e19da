"""A method with some of its settings changed, written as one word.

``pilqr`` is a method as the task file sets it, ``pilqr@paper`` the same with a named preset of
settings, and ``pilqr@pi2.kl=0.5,dynamics.prior=gmm`` with single settings changed. With a guided
method the network's settings can be changed, too: ``mdgps-pilqr@coupling.start=1``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import yaml

from pilqr_ros.errors import PilqrError
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.runs.run_config import ALL_METHODS, GUIDED
from pilqr_ros.tasks import Task, TaskError
from pilqr_ros.tasks.settings import merged_settings
from pilqr_ros.trajopt.settings import Settings

PRESETS = {"paper": (Settings.paper, GuidedSettings.paper)}

NETWORK = {field.name for field in fields(GuidedSettings)}
"""Sections and settings that are the network's."""


class VariantError(PilqrError):
    """A variant's name cannot be understood."""


@dataclass(frozen=True)
class Variant:
    """A method and changes of its settings, as sections of a task file."""

    label: str
    method: str
    changes: dict[str, Any]

    def apply(self, task: Task) -> Task:
        """Return the task with this variant's settings in its file.

        Raises:
            TaskError: A changed setting does not exist or has a value that is not allowed.
        """
        if not self.changes:
            return task
        document = yaml.safe_load(task.source)
        guided = self.method.startswith(GUIDED) and "mdgps" in document
        network = {name for name in self.changes if guided and name in NETWORK}
        if guided:
            _change(document["mdgps"], "settings", self.changes, network)
        section, key = ("mdgps", "local_settings") if guided else ("learning", "settings")
        _change(document[section], key, self.changes, self.changes.keys() - network)
        text = yaml.safe_dump(document, sort_keys=False)
        try:
            return Task.from_text(text, folder=task.folder, origin=f"{task.name} as {self.label}")
        except TaskError as error:
            raise error.without_lines() from error


def parse_variant(label: str) -> Variant:
    """Read a variant's name.

    Raises:
        VariantError: The method or the preset does not exist, or a change has no value.
    """
    method, _, changes = label.partition("@")
    if method not in ALL_METHODS:
        raise VariantError(
            f"{label!r}: method is {method!r}, expected one of {', '.join(ALL_METHODS)}"
        )
    return Variant(label, method, _changes(label, changes, guided=method.startswith(GUIDED)))


def _change(section: dict[str, Any], key: str, changes: dict[str, Any], names: set[str]) -> None:
    """Make the changes of these names in the settings of a section of a task file."""
    chosen = {name: value for name, value in changes.items() if name in names}
    section[key] = merged_settings(section.get(key) or {}, chosen)


def _changes(label: str, text: str, *, guided: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for word in filter(None, text.split(",")):
        name, equals, value = word.partition("=")
        if equals:
            section, dot, setting = name.partition(".")
            given = yaml.safe_load(value)
            changes = merged_settings(changes, {section: {setting: given} if dot else given})
        elif name in PRESETS:
            local, network = PRESETS[name]
            changes = merged_settings(changes, _plain(asdict(local())))
            if guided:
                options = _plain(asdict(network()))
                del options["network"]
                changes = merged_settings(changes, options)
        else:
            raise VariantError(f"{label!r}: {name!r} is neither name=value nor of {list(PRESETS)}")
    return changes


def _plain(values: Any) -> Any:  # noqa: ANN401
    """Return the same with lists for tuples, as YAML has them."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    return list(values) if isinstance(values, tuple) else values
