"""A run's own copy of its task file, read by a schema that has changed since.

What was renamed is read by its present name. A setting or a value that is gone, or one of a later
version, is left out and told: settings decide how a policy is learned and nothing of what a learned
one does, so such a run can be looked at and executed. What a rollout hangs on (limits, state, cost,
success) must be as it is known today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.mistakes import shown
from pilqr_ros.tasks.settings import SETTINGS_IN, by_path, merged_settings, renamed
from pilqr_ros.tasks.validation import validated

TRAINED, OBSERVED = "guided", "global_policy"
"""Former sections: where one policy for many conditions is trained, and what it observes."""

NOTHING: Mapping[str, Any] = {}
"""No settings."""


class OwnCopy(NamedTuple):
    """What a run's copy holds.

    Attributes:
        document: The file as today's schema has it.
        ignored: Keys that it does not know, each with the value.
    """

    document: object
    ignored: tuple[str, ...] = ()


def as_of_today(document: object) -> OwnCopy:
    """Return a run's copy by its present names; what is no task file at all is left as it is."""
    if not isinstance(document, Mapping):
        return OwnCopy(document)
    kept, ignored = _present_sections(document)
    for (section, name), kind in SETTINGS_IN.items():
        holder = kept.get(section)
        given = holder.get(name) if isinstance(holder, Mapping) else None
        if isinstance(holder, Mapping) and isinstance(given, Mapping):
            # Local settings are laid over those of learning, and judged together with them.
            below = _settings_of_learning(kept) if name == "local_settings" else NOTHING
            known, unknown = _known(kind, _present_names(kind, given), below)
            kept = {**kept, section: {**holder, name: known}}
            ignored += [f"{section}.{name}.{one}" for one in unknown]
    return OwnCopy(kept, tuple(ignored))


def _present_sections(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a file with `mdgps` in place of the two former sections, and what that left out."""
    kept = {name: value for name, value in document.items() if name not in (TRAINED, OBSERVED)}
    trained, observed = (document.get(name) or {} for name in (TRAINED, OBSERVED))
    if "mdgps" in document or not isinstance(trained, Mapping) or not isinstance(observed, Mapping):
        return dict(document), []  # refused as it stands
    if not observed:  # nothing was trained in these conditions
        return kept, [TRAINED] if trained else []
    policy, training = dict(observed), dict(trained)
    settings, local = policy.pop("settings", {}), training.pop("settings", {})
    kept["mdgps"] = {**training, "policy": policy, "settings": settings, "local_settings": local}
    return kept, []


def _settings_of_learning(document: Mapping[str, Any]) -> Mapping[str, Any]:
    learning = document.get("learning")
    settings = learning.get("settings") if isinstance(learning, Mapping) else None
    return settings if isinstance(settings, Mapping) else NOTHING


def _present_names(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with those of a flat list in their sections."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        place = renamed(kind, name, value)
        found = merged_settings(
            found, {name: value} if place is None else {place.section: {place.name: value}}
        )
    return found


def _known(
    kind: type, given: Mapping[str, Any], below: Mapping[str, Any]
) -> tuple[Mapping[str, Any], list[str]]:
    """Return those settings that are known and allowed, and the others with their values."""
    ignored: list[str] = []
    while wrong := _wrong_keys(kind, merged_settings(below, given)):
        values = dict(by_path(given))
        paths = _outermost([path for path in values if any(_is_of(key, path) for key in wrong)])
        # A value may be wrong beside a default that is newer: then all of its section is left out.
        paths = paths or [
            path for path in values if any(key.startswith(f"{path}.") for key in wrong)
        ]
        if not paths:
            break
        ignored += [f"{path} ({shown(values[path])})" for path in paths]
        given = _without(given, paths)
    return given, ignored


def _without(given: Mapping[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """Return settings without those of the given paths."""
    return {
        section: {name: each for name, each in value.items() if f"{section}.{name}" not in paths}
        if isinstance(value, Mapping)
        else value
        for section, value in given.items()
        if section not in paths
    }


def _wrong_keys(kind: type, given: Mapping[str, Any]) -> list[str]:
    """Return the paths of settings that are unknown or not allowed."""
    try:
        validated(kind, given)
    except ConfigError as error:
        return [flaw.key for flaw in error.flaws]
    return []


def _outermost(paths: Sequence[str]) -> list[str]:
    """Return those paths that lie in no other of them."""
    return [path for path in paths if path.partition(".")[0] not in paths or "." not in path]


def _is_of(key: str, path: str) -> bool:
    """Tell whether a key is a setting, or an entry of its list."""
    return key == path or key.startswith(f"{path}[")
