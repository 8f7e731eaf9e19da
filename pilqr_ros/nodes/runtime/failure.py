"""What is told of an error: to a program by its code, to people by one line, to the log by more."""

from __future__ import annotations

from traceback import format_exception
from typing import NamedTuple, Protocol

from pilqr_ros.error_code import ErrorCode, code_of
from pilqr_ros.errors import PilqrError

MAX_MESSAGE_LENGTH = 2000
"""Characters of an error that are told: it may quote what a stranger sent."""


class Failure(NamedTuple):
    """An error as it is told.

    Attributes:
        message: One line for people.
        code: What it is, for programs.
        lines: What the log is told: of a fault of this program, where it came from.
    """

    message: str
    code: ErrorCode
    lines: list[str]


class CodedAnswer(Protocol):
    """A result, a response or a rejection."""

    message: str
    error_code: int


def failure_of(error: Exception) -> Failure:
    """Return what is told of an error."""
    code = code_of(error)
    if isinstance(error, (PilqrError, OSError)):
        message = shortened(str(error))
        return Failure(message, code, [message])
    message = shortened(f"unexpected {type(error).__name__}: {error}")
    return Failure(message, code, "".join(format_exception(error)).splitlines())


def tell(answer: CodedAnswer, failure: Failure) -> None:
    """Write into an answer why what was asked for was not done."""
    answer.message, answer.error_code = failure.message, int(failure.code)


def shortened(text: str) -> str:
    """Return a text's beginning and end if it is too long to be told."""
    half = MAX_MESSAGE_LENGTH // 2
    return text if len(text) <= MAX_MESSAGE_LENGTH else f"{text[:half]} ... {text[-half:]}"
