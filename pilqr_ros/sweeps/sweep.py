"""A sweep: jobs that each leave a file, done by an executor and told one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from pilqr_ros.sweeps.executor import Executor, Job, SweepError, Work

MAX_DELAY = 60.0
"""A result of another machine is seen so soon [s]: network file systems look that often."""


def sweep(
    executor: Executor,
    work: Work[Job],
    jobs: Sequence[Job],
    result: Callable[[Job], Path],
    on_done: Callable[[Job, str], None],
) -> None:
    """Do all jobs; one that fails is told and does not end the others.

    Args:
        executor: Where they are done.
        work: Does one of them and leaves its result.
        jobs: What to do.
        result: Returns where a job leaves its result.
        on_done: Called with each job that has ended and what went wrong, or an empty string.

    Raises:
        SweepError: A job has ended well, and its result is not here.
    """
    with closing(executor.do(work, jobs)) as ended:
        for job, problem in ended:
            if not problem:
                _check_here(result(job))
            on_done(job, problem)


def _check_here(path: Path) -> None:
    """Check that what another machine wrote is here, too."""
    deadline = time.monotonic() + MAX_DELAY
    while not path.exists():
        if time.monotonic() > deadline:
            raise SweepError(
                f"{path} is not here, though its run has ended: all machines must see the same "
                "--directory"
            )
        time.sleep(0.5)
