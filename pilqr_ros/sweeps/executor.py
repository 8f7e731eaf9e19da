"""What does many jobs at once: one interface, wherever they are done.

A job is done by a function of a module, so that other processes find it by its name. It is called
again with the same job if its process dies, so it must go on where it was. What it returns is not
kept: what a job comes to it leaves on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Protocol, TypeVar

from pilqr_ros.errors import PilqrError

Job = TypeVar("Job")

Work = Callable[[Job], object]
"""Does a job."""

MAX_DEATHS = 3
"""A job whose process died so often is given up: it may well be the job that kills it."""


class SweepError(PilqrError):
    """Jobs cannot be done where they were to be done; the message says what is missing."""


class Executor(Protocol):
    """Does jobs, several at once."""

    def do(self, work: Work[Job], jobs: Sequence[Job]) -> Generator[tuple[Job, str], None, None]:
        """Yield each job when it has ended, with what went wrong or an empty string.

        Whoever stops before the last one closes the iterator; then all processes end.

        Args:
            work: Does one job.
            jobs: What to do, in this order.

        Raises:
            SweepError: None of them can be done.
        """


def outcome(work: Work[Job], job: Job) -> str:
    """Do a job and return what went wrong, as text: not every error can cross processes."""
    try:
        work(job)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def given_up() -> str:
    """Return what is said of a job that is given up."""
    return f"its process died {MAX_DEATHS} times"
