"""The success of a task file, and what is measured beside it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pilqr_ros.tasks.schema.fields import Name, Names, Positive, Section
from pilqr_ros.tasks.schema.state import Expression

Bound = Literal["within", "at_least", "at_most"]
BOUNDS: tuple[Bound, ...] = ("within", "at_least", "at_most")
"""What a criterion may ask of its expression."""


class CriterionBound(Section):
    """What z must be.

    Attributes:
        within: |z| is at most this radius, or each |z_i| at most its own bound [rad or m].
        at_least: Each z_i is no less than this; one number for all, or one for each.
        at_most: Each z_i is no more than this; one number for all, or one for each.
        may_be_passed: A z that has to be reached from above, and may be passed: negative entries
            count as zero. Only with `within`.
    """

    within: Positive | tuple[Positive, ...] | None = None
    at_least: float | tuple[float, ...] | None = None
    at_most: float | tuple[float, ...] | None = None
    may_be_passed: bool = False

    @property
    def bound(self) -> Bound:
        """Which of the three is given."""
        return next(bound for bound in BOUNDS if getattr(self, bound) is not None)

    @property
    def value(self) -> float | tuple[float, ...]:
        """The number, or numbers, of its bound."""
        found: float | tuple[float, ...] = getattr(self, self.bound)
        return found

    def refuse_bounds(self) -> None:
        """Refuse anything but one bound.

        Raises:
            ValueError: There is none, or several, or what may be passed is not `within` anything.
        """
        given = [bound for bound in BOUNDS if getattr(self, bound) is not None]
        if len(given) != 1:
            problem = f"has {' and '.join(given)}" if given else "has none of them"
            raise ValueError(f"takes exactly one of {', '.join(BOUNDS)}, {problem}")
        if self.may_be_passed and given != ["within"]:
            raise ValueError(f"may_be_passed goes with within, not with {given[0]}")


class Criterion(CriterionBound, Expression):
    """What the difference z = of - minus must be: exactly one of within, at_least and at_most."""

    @model_validator(mode="after")
    def _check_bound(self) -> Criterion:
        self.refuse_bounds()
        return self


class Success(CriterionBound):
    """What counts as done: one criterion, all of several, or any of several.

    The keys of one criterion stand here, or a list of criteria under `all` or `any`. All are judged
    at the same step. The distance of several is the root of the sum of their squared distances, or
    with `any` that of the nearest; of `at_least` and `at_most` it is what is missing.

    Attributes:
        of: State blocks; several are stacked.
        minus: As many blocks, or targets of the condition; zero if not given.
        axes: Axes, or joints, that count; all if not given.
        all: Criteria that must all be met, at the same step.
        any: Criteria of which one must be met.
        at: At the last step, or at any.
    """

    of: Names | None = None
    minus: Names | None = None
    axes: Names | None = None
    all: Annotated[tuple[Criterion, ...], Field(min_length=1)] | None = None
    any: Annotated[tuple[Criterion, ...], Field(min_length=1)] | None = None
    at: Literal["last", "any"] = "last"

    @property
    def criteria(self) -> dict[str, Criterion]:
        """Its criteria, by the path of each in the task file."""
        for name, several in (("all", self.all), ("any", self.any)):
            if several is not None:
                return {f"success.{name}[{i}]": one for i, one in enumerate(several)}
        return {"success": Criterion(**{name: getattr(self, name) for name in self._own})}

    @property
    def _own(self) -> list[str]:
        """The keys of a criterion that stand here."""
        return [name for name in Criterion.model_fields if name in self.model_fields_set]

    @model_validator(mode="after")
    def _check_form(self) -> Success:
        """There is one criterion, or one list of them."""
        lists = [name for name in ("all", "any") if getattr(self, name) is not None]
        if len(lists) > 1:
            raise ValueError("takes a list under all or under any, not both")
        if lists and self._own:
            problem = f"takes criteria under {lists[0]}, or {self._own[0]} here, not both"
            raise ValueError(problem)
        if not lists and self.of is None:
            raise ValueError(
                f"needs of, with one of {', '.join(BOUNDS)}; or a list of criteria under all or any"
            )
        if not lists:
            self.refuse_bounds()
        return self


class Measure(Expression):
    """A figure of a rollout that evaluations report beside success; it decides nothing.

    It is z itself where that is one number, with its sign, else |z|.

    Attributes:
        name: What reports call it.
        at: At the last step, or the least or the greatest of all steps.
    """

    name: Name
    at: Literal["last", "least", "greatest"] = "last"
