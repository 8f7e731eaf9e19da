"""Every check by its word, in the order in which they are told: causes before what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pilqr_ros.diagnosis import limit_checks, method_checks, sample_checks, task_checks
from pilqr_ros.diagnosis.evidence import Evidence

Said = tuple[str, str]
"""What was seen, and what to try."""

CHECKS: Mapping[str, Callable[[Evidence], Said | None]] = {
    "met_at_reset": task_checks.met_at_reset,
    "untouched": task_checks.untouched,
    "no_progress": task_checks.no_progress,
    "constant_term": task_checks.constant_term,
    "drowned_term": task_checks.drowned_term,
    "through_obstacle": task_checks.through_obstacle,
    "discarded": sample_checks.discarded,
    "refused": sample_checks.refused,
    "two_modes": sample_checks.two_modes,
    "torque_limit": limit_checks.torque_limit,
    "rate_limit": limit_checks.rate_limit,
    "kept_from_bounds": limit_checks.kept_from_bounds,
    "gains_rose": limit_checks.gains_rose,
    "noise_gone": method_checks.noise_gone,
    "noise_grew": method_checks.noise_grew,
    "one_sample": method_checks.one_sample,
    "temperature_at_bound": method_checks.temperature_at_bound,
    "equal_costs": method_checks.equal_costs,
    "model_blind": method_checks.model_blind,
    "kl_without_gain": method_checks.kl_without_gain,
    "step_beyond_bound": method_checks.step_beyond_bound,
    "still_improving": method_checks.still_improving,
    "network_misses": method_checks.network_misses,
}
"""Each returns what it saw and what to try, or None where all is well."""
