"""Errors of task files and other configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pilqr_ros.errors import PilqrError
from pilqr_ros.trajopt.errors import SettingError


class ConfigError(PilqrError, ValueError):
    """A file does not fit; the message names the key's path, the value and what is allowed."""

    def __init__(self, key: str, problem: str, source: str = "") -> None:
        """Name the key's path and the problem.

        Args:
            key: Path of the key, for example ``cost.terms[0].alpha``.
            problem: The value and what is allowed.
            source: The file, if there is one.
        """
        self.key = key
        self.problem = problem
        self.source = source
        where = f"{source}: " if source else ""
        super().__init__(f"{where}{key}: {problem}" if key else f"{where}{problem}")

    @classmethod
    def from_validation(cls, error: ValidationError, prefix: str = "", source: str = "") -> Self:
        """Translate a validation error: one line for each wrong key."""
        details = error.errors(include_url=False)
        lines = [_line(prefix, item) for item in details]
        return cls("", "; ".join(lines), source)

    @classmethod
    def naming(cls, error: ConfigError, source: str) -> Self:
        """Return the same error with the file that it is about."""
        return cls(error.key, error.problem, error.source or source)


class TaskError(ConfigError):
    """A task file does not fit."""


def key_path(prefix: str, location: tuple[int | str, ...]) -> str:
    """Return a location as a readable path, ``("a", 0, "b")`` as ``a[0].b``."""
    path = prefix
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path or "task"


def refuse_repeated(names: Iterable[str], key: str) -> None:
    """Refuse a name that is used twice.

    Args:
        names: The names in their order.
        key: Path of a name with ``{}`` for its index, for example ``joints[{}].name``.

    Raises:
        TaskError: A name was used before.
    """
    seen = set()
    for i, name in enumerate(names):
        if name in seen:
            raise TaskError(key.format(i), f"{name!r} is used twice")
        seen.add(name)


def _line(prefix: str, item: ErrorDetails) -> str:
    """Return the path of one wrong key, and what is wrong with it."""
    refused = item.get("ctx", {}).get("error")
    if isinstance(refused, SettingError):  # told of a section: the setting is known
        path = key_path(prefix, (*item["loc"], refused.field.rpartition(".")[2]))
        return f"{path}: is {refused.value!r}, allowed: {refused.allowed}"
    return f"{key_path(prefix, item['loc'])}: {_problem(item)}"


def _problem(item: ErrorDetails) -> str:
    """Return what is wrong with one key and the value that it has."""
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "missing":
        return "is missing"
    if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return "is not a known key"
    value = repr(item["input"])
    return f"{message} (got {value if len(value) <= 60 else value[:57] + '...'})"
