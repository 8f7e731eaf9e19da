"""What does many jobs at once: one interface, wherever they are done.

A job is done by a function that returns what went wrong, as text, or nothing: not every error can
cross processes. The function is called again with the same job if its process dies, so it must go
on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from pilqr_ros.errors import PilqrError

Job = TypeVar("Job")

Work = Callable[[Job], str]
"""Does a job; a function of a module, so that other processes find it by its name."""

MAX_DEATHS = 3
"""A job whose process died so often is given up: it may well be the job that kills it."""


class SweepError(PilqrError):
    """Jobs cannot be done where they were to be done; the message says what is missing."""


class Executor(Protocol):
    """Does jobs, several at once."""

    def do(self, work: Work[Job], jobs: Sequence[Job]) -> Iterator[tuple[Job, str]]:
        """Yield each job when it has ended, with what went wrong or an empty string.

        Whoever stops before the last one closes the iterator; then all processes end.

        Args:
            work: Does one job.
            jobs: What to do, in this order.

        Raises:
            SweepError: None of them can be done.
        """


def given_up() -> str:
    """Return what is said of a job that is given up."""
    return f"its process died {MAX_DEATHS} times"
