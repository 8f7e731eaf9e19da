"""A rollout and its cost as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.runs import atomic
from pilqr_ros.runs.array_file import ArrayFile
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_names import EVALUATIONS
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.errors import ShapeError

_REAL = ("states", "commanded", "applied", "noise")
_WHOLE = ("stamps", "interventions", "ticks")

NONE: Mapping[str, float] = {}
"""No measures."""

AGAIN = "delete it and resume: the rollout is executed again with the same seed"
"""What helps against a damaged rollout, of the present iteration or an earlier one."""

COST_AGAIN = "delete it and resume: the rollout's cost is evaluated again"
"""What helps against a damaged cost."""

EVALUATE_AGAIN = "delete it and evaluate again: no training reads it"
"""What helps against either of an evaluation."""


def save_rollout(path: Path, rollout: Rollout) -> None:
    """Store a rollout in a file."""
    arrays: dict[str, Any] = {name: getattr(rollout, name) for name in (*_REAL, *_WHOLE)}
    arrays["condition"] = rollout.condition
    arrays["seed"] = np.uint64(rollout.seed)
    arrays["valid"] = rollout.valid
    arrays["reason"] = rollout.reason
    arrays["interrupted"] = rollout.interrupted
    if rollout.robot:
        arrays["robot"] = rollout.robot
    atomic.write_arrays(path, arrays)


def save_attempt(path: Path, rollout: Rollout) -> None:
    """Store a rollout; one that is not valid goes beside the place, which it leaves open."""
    if rollout.valid:
        save_rollout(path, rollout)
        return
    kind = "interrupted" if rollout.interrupted else "invalid"
    save_rollout(path.with_suffix(f".{kind}_{_next_number(path, kind)}.npz"), rollout)


def failed_attempts(path: Path) -> int:
    """Return how many rollouts failed in a place."""
    return _next_number(path, "invalid")


def last_failure(path: Path) -> str:
    """Return why the last rollout that failed in a place did; empty if none did.

    Raises:
        RunError: Its file is damaged.
    """
    failed = failed_attempts(path)
    if failed == 0:
        return ""
    return load_rollout(path.with_suffix(f".invalid_{failed - 1}.npz")).reason


def _next_number(path: Path, kind: str) -> int:
    """Return the number after the last one that is taken, so that nothing is overwritten."""
    taken = [other.stem.rpartition("_")[2] for other in path.parent.glob(f"{path.stem}.{kind}_*")]
    return 1 + max((int(number) for number in taken if number.isdecimal()), default=-1)


def move_rollouts(directory: Path, to: Path) -> None:
    """Move every rollout of a directory, valid or not, with its cost, into another one."""
    for path in sorted(directory.glob("rollout_*.npz")):
        path.replace(to / path.name)


def count_unused(directory: Path) -> int:
    """Return how many rollouts in a directory, or set aside there, failed or were interrupted."""
    return len(unused_rollouts(directory))


def unused_rollouts(directory: Path) -> list[Path]:
    """Return where the rollouts lie that failed or were interrupted, those set aside, too."""
    kinds = ("invalid", "interrupted")
    return sorted(path for kind in kinds for path in directory.rglob(f"rollout_*.{kind}_*.npz"))


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
            robot=file.text("robot") if "robot" in file.arrays else "",
        )
    except ShapeError as error:
        raise RunError(f"{path}: {error}") from error


def load_sample(path: Path, task: Task, condition: int) -> Rollout:
    """Read a rollout that is learned from.

    Raises:
        RunError: It is damaged, not valid, or not one of this task in this condition.
    """
    try:
        rollout = load_rollout(path)
    except RunError as error:
        raise RunError(f"{error}; {_advice(path, AGAIN)}") from error
    fault = _fault(rollout, task, condition)
    if fault:
        raise RunError(f"{path} does not belong here: {fault}; {_advice(path, AGAIN)}")
    return rollout


def check_sample(rollout: Rollout, task: Task, condition: int) -> None:
    """Refuse a valid rollout that is not one of a task in a condition, before it is stored.

    Raises:
        RunError: It is not; whoever executed it did something else than it was asked for.
    """
    if rollout.valid and (fault := _fault(rollout, task, condition)):
        raise RunError(f"a rollout of {task.name} does not fit: {fault}; it is not stored")


def _fault(rollout: Rollout, task: Task, condition: int) -> str:
    """Tell why a rollout is not one of a task in a condition; empty if it is."""
    action = (task.T, task.dU)
    shapes = {"states": (task.T, task.dX), "commanded": action, "applied": action, "noise": action}
    for name, shape in shapes.items():
        array = getattr(rollout, name)
        if array.shape != shape:
            return f"{name} has shape {array.shape}, expected {shape}"
    if rollout.condition != condition:
        return f"it is of condition {rollout.condition}, expected {condition}"
    return "" if rollout.valid else f"it is not valid: {rollout.reason}"


def save_cost(path: Path, cost: CostReport, measures: Mapping[str, float] = NONE) -> None:
    """Store the cost of a rollout in a file, and the task's measures of it where they are known."""
    arrays: dict[str, Any] = {"costs": cost.costs, "success": cost.success}
    arrays["distance"] = cost.distance
    arrays["term_names"] = np.array(list(cost.terms), dtype=np.str_)
    arrays["term_costs"] = np.array(list(cost.terms.values()), dtype=np.float64)
    if measures:
        arrays["measure_names"] = np.array(list(measures), dtype=np.str_)
        arrays["measures"] = np.array(list(measures.values()), dtype=np.float64)
    atomic.write_arrays(path, arrays)


def load_cost(path: Path) -> CostReport:
    """Read the cost of a rollout from a file (errors as `load_rollout`)."""
    file = ArrayFile.read(path)
    return CostReport(
        costs=file.floats("costs", 1, finite=False),
        success=file.flag("success"),
        distance=float(file.floats("distance", 0, finite=False)),
        terms=_by_name(file, "term_names", "term_costs"),
    )


def load_measures(path: Path) -> dict[str, float]:
    """Read the measures of a rollout that are stored with its cost; empty if none are.

    Raises:
        RunError: The file is missing or damaged.
    """
    file = ArrayFile.read(path)
    return _by_name(file, "measure_names", "measures") if "measures" in file.arrays else {}


def _by_name(file: ArrayFile, names_are: str, values_are: str) -> dict[str, float]:
    """Return numbers by their names, from two arrays of a file."""
    names, values = file.texts(names_are), file.floats(values_are, 1, finite=False)
    if len(names) != len(values):
        raise RunError(f"{file.path}: {len(names)} {names_are} have {len(values)} {values_are}")
    return dict(zip(names, values.tolist(), strict=True))


def load_sample_cost(path: Path, T: int) -> CostReport:
    """Read the cost of a rollout of T steps that is learned from.

    Raises:
        RunError: It is damaged, or of another rollout.
    """
    advice = _advice(path, COST_AGAIN)
    try:
        cost = load_cost(path)
    except RunError as error:
        raise RunError(f"{error}; {advice}") from error
    if cost.costs.shape != (T,) or not np.isfinite(cost.costs).all():
        raise RunError(f"{path} does not hold {T} finite costs; {advice}")
    return cost


def _advice(path: Path, of_training: str) -> str:
    """Return what helps against a damaged file, by where it lies."""
    return EVALUATE_AGAIN if path.parts[-4:-3] == (EVALUATIONS,) else of_training
