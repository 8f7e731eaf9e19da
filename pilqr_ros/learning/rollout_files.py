"""A rollout and its cost as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pilqr_ros.learning import atomic
from pilqr_ros.learning.array_file import ArrayFile
from pilqr_ros.learning.costing import CostReport
from pilqr_ros.learning.errors import RunError
from pilqr_ros.robot.rollout import Rollout
from pilqr_ros.trajopt.errors import ShapeError

_REAL = ("states", "commanded", "applied", "noise")
_WHOLE = ("stamps", "interventions", "ticks")


def save_rollout(path: Path, rollout: Rollout) -> None:
    """Store a rollout in a file."""
    arrays: dict[str, Any] = {name: getattr(rollout, name) for name in (*_REAL, *_WHOLE)}
    arrays["condition"] = rollout.condition
    arrays["seed"] = np.uint64(rollout.seed)
    arrays["valid"] = rollout.valid
    arrays["reason"] = rollout.reason
    arrays["interrupted"] = rollout.interrupted
    atomic.write_arrays(path, arrays)


def save_attempt(path: Path, rollout: Rollout) -> None:
    """Store a rollout; one that is not valid goes beside the place, which it leaves open."""
    if rollout.valid:
        save_rollout(path, rollout)
        return
    kind = "interrupted" if rollout.interrupted else "invalid"
    number = len(list(path.parent.glob(f"{path.stem}.{kind}_*.npz")))
    save_rollout(path.with_suffix(f".{kind}_{number}.npz"), rollout)


def failed_attempts(path: Path) -> int:
    """Return how many rollouts failed in a place."""
    return len(list(path.parent.glob(f"{path.stem}.invalid_*.npz")))


def count_unused(directory: Path) -> int:
    """Return how many rollouts in a directory failed or were interrupted."""
    return sum(len(list(directory.glob(f"*.{kind}_*.npz"))) for kind in ("invalid", "interrupted"))


def load_rollout(path: Path) -> Rollout:
    """Read a rollout from a file.

    Raises:
        RunError: The file is missing or damaged, or an array is missing or of another kind.
    """
    file = ArrayFile.read(path)
    valid = file.flag("valid")
    arrays: dict[str, Any] = {name: file.floats(name, 2, finite=valid) for name in _REAL}
    arrays |= {name: file.integers(name, 1) for name in _WHOLE}
    try:
        return Rollout(
            **arrays,
            condition=file.integer("condition"),
            seed=file.integer("seed"),
            valid=valid,
            reason=file.text("reason"),
            interrupted=file.flag("interrupted"),
        )
    except ShapeError as error:
        raise RunError(f"{path}: {error}") from error


def save_cost(path: Path, cost: CostReport) -> None:
    """Store the cost of a rollout in a file."""
    arrays: dict[str, Any] = {"costs": cost.costs, "success": cost.success}
    arrays["distance"] = cost.distance
    arrays["term_names"] = np.array(list(cost.terms), dtype=np.str_)
    arrays["term_costs"] = np.array(list(cost.terms.values()), dtype=np.float64)
    atomic.write_arrays(path, arrays)


def load_cost(path: Path) -> CostReport:
    """Read the cost of a rollout from a file (errors as `load_rollout`)."""
    file = ArrayFile.read(path)
    names, costs = file.texts("term_names"), file.floats("term_costs", 1, finite=False)
    if len(names) != len(costs):
        raise RunError(f"{path}: {len(names)} term_names have {len(costs)} term_costs")
    return CostReport(
        costs=file.floats("costs", 1, finite=False),
        success=file.flag("success"),
        distance=float(file.floats("distance", 0, finite=False)),
        terms=dict(zip(names, costs.tolist(), strict=True)),
    )
