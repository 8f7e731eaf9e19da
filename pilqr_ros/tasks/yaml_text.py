"""Parsing YAML that a stranger may have written.

Only plain values come out (no tag makes an object), a key may stand once in a mapping, and aliases
are refused: a few lines of them can stand for gigabytes.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from pilqr_ros.tasks.errors import ConfigError

MAX_BYTES = 2**20
"""Larger files than this are not read [bytes]: a configuration has a few thousand."""


def read_text(path: Path) -> str:
    """Return the text of a configuration file.

    Raises:
        ConfigError: It cannot be read, or it is too large.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError("", f"is larger than the {MAX_BYTES} bytes allowed", str(path))
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("", f"cannot be read: {error}", str(path)) from error


def parse_yaml(text: str) -> object:
    """Return what a YAML text says.

    Raises:
        ConfigError: It is no YAML; the message names line and column.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise ConfigError("", f"is not valid YAML: {error}") from error
    except RecursionError as error:
        raise ConfigError("", "is not valid YAML: it is nested too deeply") from error


class _Loader(yaml.SafeLoader):
    """Refuses what YAML's own loader would take: repeated keys (the last wins) and aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node that is no alias."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            problem = f"alias *{event.anchor} is not allowed: write the value out"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping after checking its keys."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"key {key.value!r} stands here twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep)
