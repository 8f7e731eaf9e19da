"""What fields of a task file have in common: their types, bounds and names."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MIN_ROLLOUTS, MAX_ROLLOUTS = 2, 1000
"""Fewest and most rollouts of an iteration: one tells nothing of the noise."""

MAX_ITERATIONS = 1000

MAX_STEPS = 10_000
"""Most control steps of a rollout: arrays grow with it."""

NAME_FORM = "small letters, digits and _, a letter first"

Name = Annotated[str, Field(min_length=1)]
Axis = Literal["x", "y", "z"]
Vector3 = Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


def _listed(value: object) -> object:
    """Accept a single name where a list of names is expected."""
    return [value] if isinstance(value, str) else value


_Listed = BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...])
Names = Annotated[tuple[str, ...], _Listed, Field(min_length=1)]


class Section(BaseModel):
    """A section of the file; unknown keys and non-finite numbers are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
