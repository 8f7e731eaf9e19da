"""From the plain values of a file to a validated record.

pydantic takes ``true`` for 1 and ``1`` for true. In a file that is a mistake: whoever wrote a flag
where a number stands meant another key, and a torque limit of ``true`` would be 1 N m. Text that is
a number stays one: YAML has ``1e-5``, without a point, for text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from pilqr_ros.tasks.annotations import Allowed
from pilqr_ros.tasks.errors import ConfigError, Flaw
from pilqr_ros.tasks.mistakes import not_allowed, problems_of
from pilqr_ros.tasks.yaml_lines import key_path

Record = TypeVar("Record")
Location = tuple[int | str, ...]


def validated(kind: type[Record], given: object) -> Record:
    """Return a record of plain values.

    Args:
        kind: A pydantic model, or a dataclass.
        given: What a file holds.

    Raises:
        ConfigError: A key is missing, unknown, or has a value that is not allowed.
    """
    adapter, allowed = TypeAdapter(kind), Allowed.by(kind)
    try:
        taken = adapter.validate_python(given)
    except ValidationError as error:
        raise ConfigError.of(problems_of(error, allowed, given)) from error
    exchanged = [
        Flaw(key_path("", at), not_allowed(value, allowed.followed(at)[1]))
        for at, value in _exchanged(given, adapter.dump_python(taken))
    ]
    if exchanged:
        raise ConfigError.of(exchanged)
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
