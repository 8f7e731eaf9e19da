"""From what pydantic refuses to problems in plain words: one for each mistake.

pydantic names a value's place and the kind of the mistake; the words come from that and from the
record's annotations. Where a value may be of several kinds, pydantic tells what is wrong with it as
each of them; here it is judged as the kind whose shape it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pilqr_ros.tasks.annotations import Allowed
from pilqr_ros.tasks.errors import Flaw, closest
from pilqr_ros.tasks.yaml_lines import key_path
from pilqr_ros.trajopt.errors import SettingError

Location = tuple[int | str, ...]

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
_LENGTHS = ("too_short", "too_long")
_OF_VALUE = (*_BOUNDS, *_LENGTHS, "finite_number", "value_error", "string_too_long")
"""Kinds of mistakes in a value that is of the right kind."""

_SHOWN = 60
"""Longest value that is shown whole [characters]."""


class _Mistake(NamedTuple):
    """One of pydantic's errors, what is allowed at its place, and in the record around it."""

    place: Location
    details: ErrorDetails
    allowed: Allowed | None
    record: Allowed | None

    @property
    def is_unknown(self) -> bool:
        """Whether the record has no such key."""
        return self.details["type"] in _UNKNOWN


def problems_of(
    error: ValidationError, allowed: Allowed, given: object, at: Location = ()
) -> list[Flaw]:
    """Return what is wrong with a value, a problem for each mistake.

    Args:
        error: What pydantic said.
        allowed: What the value was taken for.
        given: The value.
        at: Where it is in the file.
    """
    mistakes, unions = [], {}
    for details in error.errors(include_url=False):
        location = details["loc"]
        place, reached = allowed.followed(location)
        of_key = location == (*place, "[key]")  # of a mapping, and not what is below it
        if reached is not None and reached.is_union and place != location and not of_key:
            unions[place] = reached
        else:
            record = allowed.followed(location[:-1])[1]
            mistakes.append(_Mistake(location, details, reached, record))
    wrong = [*unions, *(one.place for one in mistakes)]
    above = {place[:length] for place in wrong for length in range(len(place))}
    wholes = [one for one in mistakes if one.place not in above]
    found = list(_of_records(wholes, given, at))
    for place, union in unions.items():
        found += _of_union(union, _value_at(given, place), (*at, *place))
    return found


def not_allowed(value: object, allowed: Allowed | None) -> str:
    """Return that a value is none of what is allowed."""
    must_be = "which is not allowed here" if allowed is None else f"must be {allowed}"
    return f"is {shown(value)}, {must_be}"


def shown(value: object) -> str:
    """Return a value as part of a message."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _value_at(given: Any, location: Location) -> Any:  # noqa: ANN401
    """Return the value at a place; pydantic writes keys that are no text as text."""
    for part in location:
        if isinstance(given, Mapping) and part not in given:
            part = next((key for key in given if str(key) == str(part)), part)
        given = given[part]
    return given


def _of_records(mistakes: Sequence[_Mistake], given: object, at: Location) -> Iterator[Flaw]:
    """Yield the problems of mistakes in values of one kind, in their order.

    A misspelt key is not missing, too, and what has not one of a record's keys is another thing.
    """
    meant = _meant(mistakes, given)
    found_misspelt = {(*place[:-1], name) for place, name in meant.items()}
    other_things = _other_things(mistakes, given)
    for place, record in other_things.items():
        yield Flaw(key_path("", (*at, *place)), _other_thing(_value_at(given, place), record))
    for one in mistakes:
        key = key_path("", (*at, *one.place))
        if one.place[:-1] in other_things:
            continue
        if one.is_unknown:
            yield Flaw(key, _unknown(one, meant.get(one.place)), of_key=True)
        elif one.details["type"] != "missing":
            yield _of_value(one, key)
        elif one.place not in found_misspelt:
            yield Flaw(key, f"is missing, must be {one.allowed}")


def _other_things(mistakes: Sequence[_Mistake], given: object) -> dict[Location, Allowed]:
    """Return where mappings without any of a record's keys, or short lists, stand for which."""
    places = {one.place[:-1]: one.record for one in mistakes if one.details["type"] == "missing"}
    found = {place: record for place, record in places.items() if record is not None}
    return {
        place: record
        for place, record in found.items()
        if not record.keys
        or ((value := _value_at(given, place)) and not _has_keys_of(record, value))
    }


def _other_thing(value: Any, record: Allowed) -> str:  # noqa: ANN401
    return not_allowed(value, record) if record.keys else _of_length(value, record)


def _of_length(value: Any, allowed: Allowed) -> str:  # noqa: ANN401
    return f"is {shown(value)}, must have {allowed.length} entries, has {len(value)}"


def _meant(mistakes: Sequence[_Mistake], given: object) -> dict[Location, str]:
    """Return which keys of their records misspelt ones are, by their places."""
    found = {}
    for one in mistakes:
        if one.is_unknown and one.record is not None:
            record = _value_at(given, one.place[:-1])
            names = [name for name in one.record.keys if name not in record]
            if close := closest(str(one.place[-1]), names):
                found[one.place] = close
    return found


def _unknown(one: _Mistake, meant: str | None) -> str:
    """Return that a key is not known, and which one it may be."""
    if meant is not None:
        return f"is not a known key; did you mean {meant!r}?"
    names = () if one.record is None else one.record.keys
    return f"is not a known key; there are: {', '.join(names)}"


def _of_value(one: _Mistake, key: str) -> Flaw:
    """Return what is wrong with a value."""
    kind, value, context = one.details["type"], one.details["input"], one.details.get("ctx", {})
    refused = context.get("error")
    if isinstance(refused, SettingError):  # told of a section: the setting is known
        below = key_path(key, (refused.field.rpartition(".")[2],))
        return Flaw(below, f"is {shown(refused.value)}, allowed: {refused.allowed}")
    if kind == "value_error":
        return Flaw(key, str(refused))
    if kind in _BOUNDS and one.allowed is not None:
        return Flaw(key, f"is {shown(value)}, must be {one.allowed.within}")
    if kind in _LENGTHS and one.allowed is not None:
        return Flaw(key, _of_length(value, one.allowed))
    if kind == "string_too_long":
        length = f"must have at most {context['max_length']} characters"
        return Flaw(key, f"is {shown(value)}, {length}")
    if kind == "finite_number":
        return Flaw(key, f"is {shown(value)}, must be a finite number")
    if kind == "invalid_key" or one.place[-1:] == ("[key]",):
        must_be = "text that is not empty" if value == "" else "text"
        return Flaw(key.removesuffix(".[key]"), f"{shown(value)} is a key and must be {must_be}")
    return Flaw(key, not_allowed(value, one.allowed))


def _of_union(union: Allowed, given: object, at: Location) -> list[Flaw]:
    """Return what is wrong with a value that may be of several kinds."""
    kinds = [one for one in union.arguments if Allowed.by(one).fits(given)]
    judged = [found for one in kinds if (found := _as_kind(one, given, at))]
    if judged:
        return min(judged, key=len)
    return [Flaw(key_path("", at), not_allowed(given, union))]


def _as_kind(kind: Any, given: object, at: Location) -> list[Flaw]:  # noqa: ANN401
    """Return what is wrong with a value as one kind of a union; nothing if it is none at all."""
    allowed = Allowed.by(kind)
    try:
        _adapter(kind).validate_python(given)
    except ValidationError as error:
        told = error.errors(include_url=False)
        found = problems_of(error, allowed, given, at)
        is_none = any(not one["loc"] and one["type"] not in _OF_VALUE for one in told)
        is_other = isinstance(given, Mapping) and allowed.keys and not _has_keys_of(allowed, given)
        return [] if is_none or is_other else found
    return []


def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    """Return what judges one kind of a union; a record has its own configuration."""
    try:
        return TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False))
    except PydanticUserError:
        return TypeAdapter(kind)


def _has_keys_of(record: Allowed, given: Mapping[Any, object]) -> bool:
    """Tell whether a mapping has any of the keys of a record, or one like it."""
    return any(name in record.keys or closest(str(name), list(record.keys)) for name in given)
