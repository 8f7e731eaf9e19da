"""Errors of task files and other configuration."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Self

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError
from pilqr_ros.plain_text import printable
from pilqr_ros.tasks.yaml_lines import Lines


class Flaw(NamedTuple):
    """One thing that is wrong in a file.

    Attributes:
        key: Path of the key, for example ``cost.terms[0].alpha``; empty for the whole file.
        text: The value and what is allowed.
        line: Where it stands, from 1, if that is known.
        of_key: Whether the name of the key is wrong, and not its value.
    """

    key: str
    text: str
    line: int | None = None
    of_key: bool = False

    def __str__(self) -> str:
        """Return key and text."""
        return f"{self.key}: {self.text}" if self.key else self.text


class ConfigError(PilqrError, ValueError):
    """A file does not fit; the message names file, line, key, value and what is allowed."""

    code = ErrorCode.INVALID_REQUEST

    def __init__(self, key: str, problem: str, source: str = "", line: int | None = None) -> None:
        """Name the key's path and the problem.

        Args:
            key: Path of the key, for example ``cost.terms[0].alpha``.
            problem: The value and what is allowed.
            source: The file, if there is one.
            line: Where it stands in the file, if that is known.
        """
        self._tell([Flaw(key, problem, line)], source)

    @property
    def lines(self) -> list[str]:
        """The message, a line for each flaw; each names the file."""
        return [printable(_line(one, self.source)) for one in self.flaws]

    @classmethod
    def of(cls, problems: Sequence[Flaw], source: str = "") -> Self:
        """Return the error of one or more problems."""
        error = cls("", "")
        error._tell(problems, source)
        return error

    @classmethod
    def naming(cls, error: ConfigError, source: str, lines: Lines | None = None) -> Self:
        """Return the same error with the file that it is about, and the lines there.

        Args:
            error: Of a file, or of its content.
            source: The file; not taken if the error names another.
            lines: Those of the file.
        """
        if error.source or lines is None:
            return cls.of(error.flaws, error.source or source)
        return cls.of(sorted(_located(error.flaws, lines), key=lambda one: one.line or 0), source)

    def below(self, key: str) -> Self:
        """Return the same error of a section that is reached by a key."""
        return self.of([one._replace(key=_joined(key, one.key)) for one in self.flaws])

    def without_lines(self) -> Self:
        """Return the same error of a text that is in no file."""
        return self.of([one._replace(line=None) for one in self.flaws], self.source)

    def _tell(self, problems: Sequence[Flaw], source: str) -> None:
        self.flaws, self.source = tuple(problems), source
        first, *others = self.flaws
        self.args = ("; ".join([_line(first, source), *(_line(one) for one in others)]),)


class TaskError(ConfigError):
    """A task file does not fit."""


def closest(name: str, known: Sequence[str]) -> str | None:
    """Return which of the known names a misspelt one may be; nothing if it is like none."""
    return next(iter(difflib.get_close_matches(name, known, n=1)), None)


def among(name: str, known: Sequence[str]) -> str:
    """Return which names there are, and which of them an unknown one may be."""
    close = closest(name, known)
    meant = "" if close is None else f"did you mean {close!r}? "
    return f"{meant}there are: {', '.join(known) or 'none'}"


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


def _joined(prefix: str, key: str) -> str:
    return f"{prefix}{'' if not key or key.startswith('[') else '.'}{key}"


def _line(problem: Flaw, source: str = "") -> str:
    """Return a problem as part of a message; only the first one names the file."""
    if problem.line is None:
        return f"{source}: {problem}" if source else str(problem)
    return f"{source}:{problem.line}: {problem}" if source else f"line {problem.line}: {problem}"


def _located(problems: Iterable[Flaw], lines: Lines) -> Iterator[Flaw]:
    """Yield problems with their lines, once where aliases lead to the same place."""
    seen = set()
    for one in problems:
        mistake = (lines.origin(one.key), one.text)
        if mistake not in seen:
            seen.add(mistake)
            yield one._replace(line=one.line or lines.line(one.key, of_key=one.of_key))
