"""Parsing YAML that a stranger may have written.

Only plain values come out (no tag makes an object), a key may stand once in a mapping, and what
aliases expand to is bounded: a few lines of them can stand for gigabytes.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import yaml

from pilqr_ros.foreign_file import read_foreign_text
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.yaml_lines import Lines

MAX_BYTES = 2**20
"""Larger files than this are not read [bytes]: a configuration has a few thousand."""

MAX_VALUES = 100_000
"""Most keys and values of a file, its aliases written out."""

MAX_INTEGER = 2**64 - 1
"""Largest integer of a file, and with a minus the least: no seed is larger, and Python can neither
print much longer ones nor make floats of them."""

_MAX_DIGITS = 100
"""Longest text of an integer [characters]; of ``1:59:59``, longer and longer, the time to read it
grows with the square."""

_DATE = "tag:yaml.org,2002:timestamp"


def read_text(path: Path) -> str:
    """Return the text of a configuration file.

    Raises:
        ConfigError: It cannot be read, or it is too large.
    """
    try:
        return read_foreign_text(path, MAX_BYTES)
    except OSError as error:
        raise ConfigError("", f"cannot be read: {error}", str(path)) from error


class Document(NamedTuple):
    """What a YAML text says, and in which lines."""

    content: object
    lines: Lines


def parse_yaml(text: str) -> Document:
    """Return what a YAML text says.

    Raises:
        ConfigError: It is no YAML; the message names line and column.
    """
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return Document(None, Lines())
        if _count(root, {}) > MAX_VALUES:
            raise ConfigError("", f"holds more than the {MAX_VALUES} values allowed")
        content = loader.construct_document(root)
        return Document(content, Lines(root))
    except ConfigError:
        raise
    except RecursionError as error:
        raise ConfigError("", "is not valid YAML: it is nested too deeply") from error
    except yaml.MarkedYAMLError as error:
        raise _marked(error) from error
    except Exception as error:  # of PyYAML, or of what makes numbers of its scalars
        raise ConfigError("", f"is not valid YAML: {' '.join(str(error).split())}") from error


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping; YAML's own loader would take the last.

    A date is text: no key of ours is one.
    """

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATE]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    _values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401
        """Build a node unless there are too many already, before they take memory and time."""
        self._values += 1
        if self._values > MAX_VALUES:
            raise ConfigError("", f"holds more than the {MAX_VALUES} values allowed")
        return super().compose_node(parent, index)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Build an integer after checking its size."""
        value = None
        if len(node.value) <= _MAX_DIGITS:
            with suppress(ValueError):  # it has no digits
                value = super().construct_yaml_int(node)
        if value is None or abs(value) > MAX_INTEGER:
            problem = f"{_shortened(node.value)} is no integer of at most {MAX_INTEGER}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return int(value)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping after checking its keys."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"key {key.value!r} stands here twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


def _shortened(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:27]}..."


def _marked(error: yaml.MarkedYAMLError) -> ConfigError:
    """Return what PyYAML says without the lines that quote the text and point into it."""
    said = [error.context, error.problem]
    begun, mark = error.context_mark, error.problem_mark
    if mark is None:
        return ConfigError("", f"is not valid YAML: {', '.join(filter(None, said))}")
    if error.context and begun is not None and begun.line != mark.line:
        said[0] = f"{error.context} that begins in line {begun.line + 1}"
    problem = f"is not valid YAML: {', '.join(filter(None, said))}, column {mark.column + 1}"
    return ConfigError("", problem, line=mark.line + 1)


def _count(node: yaml.Node, counts: dict[int, float]) -> float:
    """Return the number of keys and values below a node; infinity if it contains itself."""
    if id(node) not in counts:
        counts[id(node)] = math.inf
        counts[id(node)] = 1 + sum(_count(child, counts) for child in _children(node))
    return counts[id(node)]


def _children(node: yaml.Node) -> Iterable[yaml.Node]:
    """Return the nodes directly below a node."""
    if isinstance(node, yaml.MappingNode):
        return chain.from_iterable(node.value)
    return node.value if isinstance(node, yaml.SequenceNode) else ()
