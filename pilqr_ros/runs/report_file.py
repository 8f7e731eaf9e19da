"""The short report of an iteration as a stranger's file may have it, and what is relied upon."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.validation import validated

Count = Annotated[int, Field(ge=0, lt=2**32)]


class _Standing(BaseModel):
    """Where the training of a condition stands after an iteration."""

    model_config = ConfigDict(strict=True)

    status: Literal["improving", "converged", "stalled"]
    because: str


class _Report(BaseModel):
    """What readers of a report rely on; it may hold more."""

    model_config = ConfigDict(strict=True)

    iteration: Count
    condition: Count
    rollouts: Count
    rollouts_invalid: Count
    total_costs: Annotated[list[float], Field(min_length=1)]
    successes: Annotated[list[bool], Field(min_length=1)]
    distances: Annotated[list[float], Field(min_length=1)]
    standing: _Standing | None = None


def load_report(path: Path, conditions: int | None = None) -> dict[str, Any]:
    """Read a report.

    Args:
        path: The file.
        conditions: How many conditions the task has, if that is known.

    Raises:
        RunError: The file is damaged, or an entry is missing or of another kind.
    """
    report = atomic.read_json(path)
    try:
        checked = validated(_Report, report)
    except ConfigError as error:
        raise RunError(str(ConfigError.naming(error, str(path)))) from error
    if conditions is not None and checked.condition >= conditions:
        raise RunError(f"{path}: condition is {checked.condition}, the task has {conditions}")
    return report
