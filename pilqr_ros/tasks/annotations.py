"""What a record's annotations allow, in words, and where a path leads in them."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

_BOUNDS = ("gt", "ge", "lt", "le", "min_length", "max_length", "pattern")
_WORDS = {"gt": "more than {}", "ge": "at least {}", "lt": "less than {}", "le": "at most {}"}
_UNIONS = (Union, types.UnionType)
_ONE = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_MANY = {int: "whole numbers", float: "numbers", str: "names", bool: "true or false"}


@dataclass(frozen=True)
class Allowed:
    """What may stand at one place of a file.

    Attributes:
        kind: A class, or the origin of a list, a choice or a union.
        arguments: What is in the list, the choices, the members of the union.
        bounds: By pydantic's names; ``form`` is what text must be like, in words.
        written_as: What a file may have there, if that is not the kind.
    """

    kind: Any
    arguments: tuple[Any, ...]
    bounds: Mapping[str, Any]
    written_as: Any = None

    @classmethod
    def by(cls, annotation: Any) -> Allowed:  # noqa: ANN401
        """Read an annotation; that a value may be left out is not told apart."""
        bounds: dict[str, Any] = {}
        written_as = None
        while get_origin(annotation) is Annotated or _optional(annotation) is not None:
            if (inner := _optional(annotation)) is not None:
                annotation = inner
                continue
            annotation, *notes = get_args(annotation)
            for note in notes:
                bounds |= _bounds(note)
                written_as = getattr(note, "json_schema_input_type", written_as)
        origin = get_origin(annotation)
        if origin in _UNIONS:
            members = tuple(one for one in get_args(annotation) if one is not type(None))
            return cls(Union, members, bounds, written_as)
        return cls(origin or annotation, get_args(annotation), bounds, written_as)

    @property
    def is_union(self) -> bool:
        """Whether it is one of several kinds."""
        return self.kind is Union

    @property
    def keys(self) -> dict[str, Any]:
        """What is allowed below each key of a record; empty if it is none."""
        return _keys_of(self.kind) if isinstance(self.kind, type) else {}

    def followed(
        self, location: tuple[int | str, ...]
    ) -> tuple[tuple[int | str, ...], Allowed | None]:
        """Follow a path until it ends or the value may be of several kinds.

        Returns:
            How far it was followed, and what is allowed there; nothing if no such path is known.
        """
        reached: Allowed | None = self
        for i, part in enumerate(location):
            if reached is None or reached.is_union:
                return location[:i], reached
            reached = reached.below(part)
        return location, reached

    def below(self, part: int | str) -> Allowed | None:
        """Return what is allowed one step further down a path; nothing if no step leads there."""
        if (name := _former_names(self.kind).get(part, part)) in self.keys:
            return Allowed.by(self.keys[str(name)])
        if self.kind is dict:
            return Allowed.by(self.arguments[1])
        if self.kind in (tuple, list) and isinstance(part, int):
            every = self.kind is list or self.arguments[1:] == (Ellipsis,)
            return Allowed.by(self.arguments[0 if every else min(part, len(self.arguments) - 1)])
        return None

    def fits(self, value: object) -> bool:
        """Tell whether a value has the shape: a mapping, a list, or one of neither."""
        if isinstance(value, Mapping):
            return self.kind is dict or bool(self.keys)
        if isinstance(value, (list, tuple)):
            return self.kind in (tuple, list)
        return self.kind not in (dict, tuple, list) and not self.keys

    def __str__(self) -> str:
        """Return what is allowed, in words."""
        if self.written_as is not None:
            return str(Allowed.by(self.written_as))
        if self.is_union:
            return " or ".join(str(Allowed.by(one)) for one in self.arguments)
        if self.kind is Literal:
            return f"one of {', '.join(map(str, self.arguments))}"
        if self.kind in (tuple, list):
            return self._list()
        if self.kind is dict:
            value = self.arguments[1]
            return f"names, each with {'a value' if value is Any else Allowed.by(value)}"
        if self.keys:
            return f"a section with the keys {', '.join(self.keys)}"
        if "pattern" in self.bounds:
            return str(self.bounds.get("form", f"text of the form {self.bounds['pattern']}"))
        if self.kind is str and "min_length" in self.bounds:
            return "text that is not empty"
        return f"{_ONE.get(self.kind, 'something else')} {self.within}".rstrip()

    @property
    def within(self) -> str:
        """The bounds of a number in words; empty if it has none."""
        low, high = self.bounds.get("ge"), self.bounds.get("le")
        if low is not None and high is not None:
            return f"from {low} to {high}"
        words = {
            "gt": "more than {}",
            "ge": "at least {}",
            "lt": "less than {}",
            "le": "at most {}",
        }
        found = [form.format(self.bounds[n]) for n, form in words.items() if n in self.bounds]
        return " and ".join(found)

    @property
    def length(self) -> str:
        """The bounds of a length in words."""
        least, most = self.bounds.get("min_length"), self.bounds.get("max_length")
        if self.kind is tuple and self.arguments[1:] != (Ellipsis,):
            least = most = len(self.arguments)
        if least == most:
            return str(least)
        if least is not None and most is not None:
            return f"{least} to {most}"
        return f"at least {least}" if most is None else f"at most {most}"

    def _list(self) -> str:
        one = Allowed.by(self.arguments[0])
        if one.kind is Literal:
            many = f"some of {', '.join(map(str, one.arguments))}"
        else:
            many = f"{_MANY.get(one.kind, 'sections')} {one.within}".rstrip()
        fixed = self.length
        return f"a list of {fixed} {many}" if fixed.isdecimal() else f"a list of {many}"


def _former_names(kind: Any) -> dict[int | str, str]:  # noqa: ANN401
    """Return the names of a record's keys by those that they have in earlier files."""
    found: dict[int | str, str] = {}
    for name, field in getattr(kind, "model_fields", {}).items():
        if isinstance(field.validation_alias, AliasChoices):
            found |= {str(one): name for one in field.validation_alias.choices}
    return found


@cache
def _keys_of(kind: type) -> dict[str, Any]:
    """Return what is allowed below each key of a kind, once for all mistakes in a file."""
    if not _is_record(kind):
        return {}
    hints = get_type_hints(kind, include_extras=True)
    if issubclass(kind, BaseModel):
        return {name: hints[name] for name in kind.model_fields}
    return {each.name: hints[each.name] for each in fields(cast("Any", kind))}


def _is_record(kind: type) -> bool:
    return issubclass(kind, BaseModel) or is_dataclass(kind)


def _optional(annotation: Any) -> Any:  # noqa: ANN401
    """Return what an annotation is beside None; nothing if it is no such one."""
    if get_origin(annotation) not in _UNIONS:
        return None
    members = [one for one in get_args(annotation) if one is not type(None)]
    return members[0] if len(members) == 1 else None


def _bounds(note: object) -> dict[str, Any]:
    """Return the bounds that a note of an annotation sets."""
    if isinstance(note, FieldInfo):
        found = {name: value for one in note.metadata for name, value in _bounds(one).items()}
        return found if note.description is None else {**found, "form": note.description}
    found = {name: getattr(note, name, None) for name in _BOUNDS}
    return {name: value for name, value in found.items() if value is not None}
