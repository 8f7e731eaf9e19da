"""Where in a YAML text each key and each value stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

MAX_PATHS = 2**22
"""Most characters of all paths together: a long key stands in that of everything below it."""

_LAST_PART = re.compile(r"(\[[^\[\]]*\]|\.?[^.\[\]]+|\.)$")


class _Place(NamedTuple):
    """Lines of a key and of its value, from 1; line and column of the value are its identity."""

    key_line: int
    value_line: int
    mark: tuple[int, int]


class Lines:
    """The lines of a text by the paths of its keys, such as ``cost.terms[0].alpha``.

    What an alias stands for is where its anchor is. Of a text whose paths take too much memory only
    the first ones are known.
    """

    def __init__(self, root: yaml.Node | None = None) -> None:
        """Walk through a text.

        Args:
            root: Its node, with few enough values, aliases written out; nothing for an empty text.
        """
        self._places: dict[str, _Place] = {}
        if root is not None:
            self._places[""] = _place(root, root)
            room = MAX_PATHS
            for path, place in _below(root, ""):
                room -= len(path)
                if room < 0:
                    break
                self._places[path] = place

    def line(self, key: str, *, of_key: bool = False) -> int | None:
        """Return the line of a key, or of the nearest one that it would lie below.

        Args:
            key: The path.
            of_key: Whether the name of the key is meant; else its value, where that begins in the
                key's line or is an alias.
        """
        nearest, _ = self._nearest(key)
        if not nearest:
            return None
        place = self._places[nearest]
        return place.key_line if of_key else min(place.key_line, place.value_line)

    def origin(self, key: str) -> object:
        """Return what is equal for two paths that lead to one place in the text, by an alias."""
        nearest, rest = self._nearest(key)
        return (self._places[nearest].mark if nearest in self._places else None, rest)

    def _nearest(self, key: str) -> tuple[str, str]:
        """Return the longest path in the text that a path begins with, and the rest."""
        path = key
        while path and path not in self._places:
            shorter = _LAST_PART.sub("", path)
            path = shorter if len(shorter) < len(path) else ""
        return path, key[len(path) :]


def key_path(prefix: str, location: tuple[int | str, ...]) -> str:
    """Return a location as a readable path, ``("a", 0, "b")`` as ``a[0].b``."""
    path = prefix
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def _below(node: yaml.Node, path: str) -> Iterator[tuple[str, _Place]]:
    """Yield the places of everything below a node."""
    found: Iterator[tuple[int | str, yaml.Node, yaml.Node]]
    if isinstance(node, yaml.MappingNode):
        found = ((str(key.value), key, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        found = ((i, value, value) for i, value in enumerate(node.value))
    else:
        return
    for part, key, value in found:
        below = key_path(path, (part,))
        yield below, _place(key, value)
        yield from _below(value, below)


def _place(key: yaml.Node, value: yaml.Node) -> _Place:
    start = value.start_mark
    return _Place(key.start_mark.line + 1, start.line + 1, (start.line, start.column))
