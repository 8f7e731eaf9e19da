"""From the plain values of a file to a validated record.

pydantic takes ``true`` for 1 and ``1`` for true. In a file that is a mistake: whoever wrote a flag
where a number stands meant another key, and a torque limit of ``true`` would be 1 N m. Text that is
a number stays one: YAML has ``1e-5``, without a point, for text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Record = TypeVar("Record")
Location = tuple[int | str, ...]


def validated(kind: type[Record], given: object) -> Record:
    """Return a record of plain values.

    Args:
        kind: A pydantic model, or a dataclass.
        given: What a file holds.

    Raises:
        ValidationError: A key is missing, unknown, or has a value that is not allowed.
    """
    adapter = TypeAdapter(kind)
    taken = adapter.validate_python(given)
    exchanged = [_error(*one) for one in _exchanged(given, adapter.dump_python(taken))]
    if exchanged:
        raise ValidationError.from_exception_data(kind.__name__, exchanged)
    return taken


def _exchanged(
    given: object, taken: object, at: Location = ()
) -> Iterator[tuple[Location, object]]:
    """Yield where a flag was taken for something else, or something else for a flag."""
    if isinstance(given, Mapping) and isinstance(taken, Mapping):
        for name, value in given.items():
            if name in taken:
                yield from _exchanged(value, taken[name], (*at, name))
    elif isinstance(given, (list, tuple)) and isinstance(taken, (list, tuple)):
        for i, pair in enumerate(zip(given, taken, strict=False)):
            yield from _exchanged(*pair, (*at, i))
    elif isinstance(given, bool) != isinstance(taken, bool):
        yield at, given


def _error(at: Location, given: object) -> InitErrorDetails:
    if isinstance(given, bool):
        problem = PydanticCustomError("flag_for_number", "Input should be a number and is a flag")
    else:
        problem = PydanticCustomError("no_flag", "Input should be true or false")
    return InitErrorDetails(type=problem, loc=at, input=given)
