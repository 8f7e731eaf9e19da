"""One setting: its default and what is allowed, in one place for checks, schemas and help."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import field, fields, replace
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from pilqr_ros.trajopt.errors import SettingError

BOUNDS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "exclusiveMinimum": ("above {:g}", operator.gt),
    "minimum": ("at least {:g}", operator.ge),
    "maximum": ("at most {:g}", operator.le),
}
"""The bounds that a number may have, in the words of JSON schema: text and comparison of each."""


def setting(default: Any, **bounds: float) -> Any:  # noqa: ANN401
    """Return the dataclass field of a setting.

    Args:
        default: Its default.
        bounds: Some of `BOUNDS`; of a list they are those of each entry.
    """
    return field(default=default, metadata=bounds)


class SettingSection:
    """A group of settings: a frozen dataclass, checked when it is built."""

    NAME: ClassVar[str] = ""
    """How the group is called where it stands; empty for the whole."""

    MAY_BE_EMPTY: ClassVar[tuple[str, ...]] = ()
    """Lists that may have no entry."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        """Check every field; an error names the setting, its value and what is allowed.

        Raises:
            SettingError: A value is not allowed.
        """
        hints = get_type_hints(type(self))
        for each in fields(self):  # type: ignore[arg-type]
            hint = hints[each.name]
            value, empty = getattr(self, each.name), each.name in self.MAY_BE_EMPTY
            if isinstance(hint, type) and issubclass(hint, SettingSection):
                if not isinstance(value, hint):
                    self.refuse(each.name, f"a {hint.__name__}")
                continue  # it has checked itself
            if get_origin(hint) is tuple:
                if not isinstance(value, (tuple, list)):
                    self.refuse(each.name, "a list of numbers")
                value = tuple(value)
                object.__setattr__(self, each.name, value)
            problem = _problem(value, hint, each.metadata, empty)
            if problem:
                self.refuse(each.name, problem)

    def refuse(self, name: str, allowed: str) -> None:
        """Raise the error of one setting.

        Raises:
            SettingError: Always.
        """
        raise SettingError(self._path(name), getattr(self, name), allowed)

    def replaced(self, changes: Mapping[str, Any]) -> Self:
        """Return the same with some settings changed.

        Raises:
            SettingError: There is no such setting, or its value is not allowed.
        """
        known = [each.name for each in fields(self)]  # type: ignore[arg-type]
        for name, value in changes.items():
            if name not in known:
                raise SettingError(self._path(name), value, f"one of {' | '.join(known)}")
        return replace(self, **changes)  # type: ignore[type-var]

    def _path(self, name: str) -> str:
        return f"{self.NAME}.{name}" if self.NAME else name


class SettingGroups(SettingSection):
    """Sections of settings, and settings that are of none of them."""

    def changed(self, **changes: Any) -> Self:  # noqa: ANN401
        """Return the same with some settings changed: ``changed(pi2={"kl": 0.5})``.

        Args:
            changes: For a section a mapping of what changes in it, else the new value.

        Raises:
            SettingError: There is no such section or setting, or its value is not allowed.
        """
        new = {
            name: old.replaced(changes[name])
            for name in changes
            if isinstance(old := getattr(self, name, None), SettingSection)
            and isinstance(changes[name], Mapping)
        }
        return self.replaced({**changes, **new})


def _problem(value: object, hint: Any, bounds: Mapping[str, float], empty: bool) -> str:  # noqa: ANN401
    """Return what is allowed, where the value is something else; empty if it is allowed."""
    if get_origin(hint) is Literal:
        return "" if value in get_args(hint) else " | ".join(get_args(hint))
    if hint is bool:
        return "" if isinstance(value, bool) else "true | false"
    if get_origin(hint) is tuple:
        kind, values = get_args(hint)[0], value
        allowed = f"numbers {_words(bounds)}{'' if empty else ', at least one'}"
    else:
        kind, values = hint, (value,)
        allowed = f"{'whole number' if kind is int else 'number'} {_words(bounds)}"
    entries: tuple[Any, ...] = tuple(values)  # type: ignore[arg-type]
    good = (empty or len(entries) > 0) and all(
        _is_number(e, kind) and _within(e, bounds) for e in entries
    )
    return "" if good else f"a {allowed}" if values is not value else allowed


def _is_number(value: object, kind: type) -> bool:
    """Tell whether the value is a number of that kind; a bool is none."""
    allowed = int if kind is int else (int, float)
    return isinstance(value, allowed) and not isinstance(value, bool)


def _within(value: float, bounds: Mapping[str, float]) -> bool:
    return math.isfinite(value) and all(BOUNDS[name][1](value, b) for name, b in bounds.items())


def _words(bounds: Mapping[str, float]) -> str:
    return ", ".join(BOUNDS[name][0].format(bound) for name, bound in bounds.items())
