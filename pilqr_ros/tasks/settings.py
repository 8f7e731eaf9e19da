"""The settings of a task file: validated, merged, and refused in their former spelling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, get_type_hints

from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.tasks.errors import ConfigError, TaskError
from pilqr_ros.tasks.validation import validated
from pilqr_ros.trajopt.settings import Settings

Record = TypeVar("Record")

RENAMED = {
    "history_weights": "dynamics.history_weights",
    "prior": "dynamics.prior",
    "prior_strength": "dynamics.prior_strength",
    "prior_trajectories": "dynamics.prior_trajectories",
    "dynamics_ridge": "dynamics.ridge",
    "residual_start": "dynamics.residual_start",
    "cross_fit_folds": "dynamics.cross_fit_folds",
    "direct_model": "dynamics.direct_model",
    "noise_source": "dynamics.noise_source",
    "cost_curvature": "lqr.cost_curvature",
    "lqr_kl_start": "lqr.kl_start",
    "lqr_kl_end": "lqr.kl_end",
    "kl_expectation": "lqr.kl_expectation",
    "kl_passes": "lqr.kl_passes",
    "kl_tolerance": "lqr.kl_tolerance",
    "value_function": "lqr.value_function",
    "lqr_covariance": "lqr.covariance",
    "pi2_kl": "pi2.kl",
    "pi2_history_weights": "pi2.history_weights",
    "temperature_cost": "pi2.temperature_cost",
    "pi2_fallback_to_cost": "pi2.fallback_to_cost",
    "covariance_update": "covariance.update",
    "covariance_estimator": "covariance.estimator",
    "covariance_damping": "covariance.damping",
    "covariance_ratio_min": "covariance.ratio_min",
    "covariance_ratio_max": "covariance.ratio_max",
    "min_action_std": "covariance.min_action_std",
    "noise_size": "annealing.rule",
    "anneal_share": "annealing.share",
    "anneal_to": "annealing.to",
    "step_rule": "step_rule.kind",
    "step_ratio": "step_rule.measure",
    "step_decrease_above": "step_rule.decrease_above",
    "step_increase_below": "step_rule.increase_below",
    "step_multiplier_min": "step_rule.multiplier_min",
    "step_multiplier_max": "step_rule.multiplier_max",
    "hidden": "network.hidden",
    "coupling_start": "coupling.start",
    "coupling_ramp": "coupling.ramp",
    "reference_covariance": "coupling.covariance",
    "epochs": "supervised.epochs",
    "batch_size": "supervised.batch_size",
    "learning_rate": "supervised.learning_rate",
    "weight_decay": "supervised.weight_decay",
    "observation_noise": "supervised.observation_noise",
    "state_noise": "supervised.state_noise",
    "mixing": "supervised.mixing",
    "weight_limit": "supervised.max_weight",
    "least_spread": "supervised.min_std",
}
"""Where each setting of a flat list is now."""

RENAMED_SECTIONS = {
    "guided": "mdgps: its conditions, iterations and tests as they were, its settings as "
    "local_settings",
    "global_policy": "mdgps: its state, targets and timed in mdgps.policy, its settings in "
    "mdgps.settings",
}
"""What sections of earlier files are called now."""

REMOVED = (
    "mixture_max_clusters", "mixture_min_samples", "mixture_rounds", "pi2_baseline", "pi2.baseline",
)  # fmt: skip
"""Settings that are gone: nothing ever changed them, or they were worth nothing.

Without a section they are of a flat list.
"""

REPLACED_VALUES = {"covariance.update": {"joint": "scalar, one ratio a time step"}}
"""Values of settings that are gone, and what stands for each now."""

SETTINGS_IN: dict[tuple[str, str], type] = {
    ("learning", "settings"): Settings,
    ("mdgps", "local_settings"): Settings,
    ("mdgps", "settings"): GuidedSettings,
}
"""Where a task file holds settings, and which."""


class Renamed(NamedTuple):
    """Where a setting of a flat list is now."""

    section: str
    name: str


def refuse_former_sections(document: object) -> None:
    """Refuse a task file with sections of another name by what they are called now.

    Raises:
        TaskError: There is such a section.
    """
    for old, new in RENAMED_SECTIONS.items():
        if isinstance(document, Mapping) and old in document:
            raise TaskError(old, f"is now {new}")


def renamed(kind: type, name: str, value: object) -> Renamed | None:
    """Return where a setting of a flat list is now; None for what is none of the record's.

    Args:
        kind: The record of the settings.
        name: What it is called; a section may have the name of a former setting.
        value: What the file holds.
    """
    section, _, new = RENAMED.get(name, "").partition(".")
    is_one = section in get_type_hints(kind) and not isinstance(value, Mapping)
    return Renamed(section, new) if is_one else None


def validated_settings(kind: type[Record], given: Mapping[str, Any], key: str) -> Record:
    """Return the settings of a section.

    Args:
        kind: The record of the settings.
        given: What the file holds.
        key: Path of the section in the file.

    Raises:
        TaskError: A setting is unknown, or its value is not allowed; the message names it.
    """
    for name, value in given.items():
        if place := renamed(kind, name, value):
            raise TaskError(f"{key}.{name}", f"is now {place.section}: {{{place.name}: ...}}")
    for path, value in by_path(given):
        if path in REMOVED:
            raise TaskError(f"{key}.{path}", "is no setting any more: leave it out")
        if isinstance(value, str) and value in REPLACED_VALUES.get(path, {}):
            raise TaskError(f"{key}.{path}", f"{value!r} is now {REPLACED_VALUES[path][value]}")
    try:
        return validated(kind, given)
    except ConfigError as error:
        raise TaskError.naming(error.below(key), "") from error


def by_path(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield settings and sections by their paths."""
    for section, values in given.items():
        yield section, values
        if isinstance(values, Mapping):
            yield from ((f"{section}.{name}", value) for name, value in values.items())


def merged_settings(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with others laid over them, section by section."""
    merged = dict(below)
    for name, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = {**merged[name], **value} if both else value
    return merged
