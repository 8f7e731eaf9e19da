"""Messages of any type whose every field is what nobody would send."""

from __future__ import annotations

import random
import re
from array import array
from importlib import import_module
from math import inf, nan
from typing import Any

from pilqr_ros.benchmarks.soak.hostile_files import TEXTS

HUGE = 200_000
"""Entries of an oversized array."""

LENGTHS = (0, 1, 1000, HUGE)
"""Lengths of an array; no robot has as many joints."""

FLOATS = (nan, inf, -inf, 1e308, -0.0)
"""Numbers that must not reach a motor."""

_FLOAT = {"float": "f", "double": "d"}
_SEQUENCE = re.compile(r"sequence<(.+?)(?:, \d+)?>$")
_INTEGER = re.compile(r"(u?)int(8|16|32|64)$")


def hostile(kind: type, chance: random.Random) -> Any:  # noqa: ANN401
    """Return a message of a type; each field is drawn from what is worst for its own."""
    message = kind()
    for name, of in kind.get_fields_and_field_types().items():  # type: ignore[attr-defined]
        setattr(message, name, _value(of, getattr(message, name), chance))
    return message


def _value(of: str, usual: Any, chance: random.Random) -> Any:  # noqa: ANN401
    """Return a value of a field's type, as its generated code names it."""
    sequence, integer = _SEQUENCE.match(of), _INTEGER.match(of)
    if of in _FLOAT:
        return chance.choice(FLOATS if of == "double" else FLOATS[:3])
    if integer:
        return chance.choice(_bounds(*integer.groups()))
    if of == "boolean":
        return chance.random() < 0.5
    if of == "string":
        return chance.choice(TEXTS)
    if sequence:
        return _values(sequence.group(1), usual, chance)
    return hostile(type(usual), chance) if hasattr(usual, "get_fields_and_field_types") else usual


def _values(of: str, usual: Any, chance: random.Random) -> Any:  # noqa: ANN401
    """Return a sequence of a hostile length."""
    length = chance.choice(LENGTHS)
    if isinstance(usual, array):
        return array(usual.typecode, [_value(of, 0, chance)]) * length
    if "/" in of:
        package, name = of.split("/")
        inner = getattr(import_module(f"{package}.msg"), name)
        return [hostile(inner, chance) for _ in range(min(length, 3))]
    if of == "string":  # a million of the longest would only exhaust the sender
        return [chance.choice(TEXTS)[:100]] * min(length, 1000)
    return [_value(of, 0, chance)] * length


def _bounds(unsigned: str, bits: str) -> tuple[int, ...]:
    """Return the extremes of an integer type."""
    size = int(bits)
    return (0, 2**size - 1) if unsigned else (-(2 ** (size - 1)), 2 ** (size - 1) - 1)
