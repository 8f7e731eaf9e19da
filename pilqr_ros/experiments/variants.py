"""A method with some of its settings changed, written as one word.

``pilqr`` is a method as the task file sets it, ``pilqr@paper`` the same with a named preset of
settings, and ``pilqr@covariance_damping=5,cross_fit_folds=3`` with single settings changed. With a
guided method the network's settings can be changed, too: ``mdgps-pilqr@coupling_start=1``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import yaml

from pilqr_ros.errors import PilqrError
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.runs.run_config import ALL_METHODS, GUIDED
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.settings import Settings

PRESETS = {"paper": (Settings.paper, GuidedSettings.paper)}

NETWORK = {field.name for field in fields(GuidedSettings)}
"""Names of the settings that are the network's."""


class VariantError(PilqrError):
    """A variant's name cannot be understood."""


@dataclass(frozen=True)
class Variant:
    """A method and changes of its settings."""

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
        guided = self.method.startswith(GUIDED) and "guided" in document
        network = {name for name in self.changes if guided and name in NETWORK}
        section = document["guided" if guided else "learning"]
        _change(section, self.changes, self.changes.keys() - network)
        if network:
            _change(document["global_policy"], self.changes, network)
        text = yaml.safe_dump(document, sort_keys=False)
        return Task.from_text(text, folder=task.folder, origin=f"{task.name} as {self.label}")


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


def _change(section: dict[str, Any], changes: dict[str, Any], names: set[str]) -> None:
    """Make the changes of these names in a section of a task file."""
    chosen = {name: value for name, value in changes.items() if name in names}
    section["settings"] = {**(section.get("settings") or {}), **chosen}


def _changes(label: str, text: str, *, guided: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for word in filter(None, text.split(",")):
        name, equals, value = word.partition("=")
        if equals:
            changes[name] = yaml.safe_load(value)
        elif name in PRESETS:
            local, network = PRESETS[name]
            changes |= _plain(asdict(local()))
            if guided:
                options = asdict(network())
                del options["hidden"]
                changes |= options
        else:
            raise VariantError(f"{label!r}: {name!r} is neither name=value nor of {list(PRESETS)}")
    return changes


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}
