"""Jobs in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Generic

from pilqr_ros.sweeps.executor import MAX_DEATHS, Job, Work, given_up, outcome


@dataclass(frozen=True)
class ProcessPool:
    """Does jobs in processes of this machine.

    Attributes:
        workers: Number of processes; None for one a core.
    """

    workers: int | None = None

    def do(self, work: Work[Job], jobs: Sequence[Job]) -> Generator[tuple[Job, str], None, None]:
        """Yield each job when it has ended (see `Executor`)."""
        waiting, deaths = deque(enumerate(jobs)), Counter[int]()
        running: dict[Connection, tuple[_Worker[Job], int, Job]] = {}
        idle = [_Worker(work) for _ in range(min(self._count(), len(jobs)))]
        try:
            while waiting or running:
                while idle and waiting:
                    worker, (number, job) = idle.pop(), waiting.popleft()
                    worker.give(job)
                    running[worker.connection] = worker, number, job
                ready = wait(list(running))
                for line in [line for line in running if line in ready]:
                    worker, number, job = running.pop(line)
                    problem = worker.outcome()
                    idle.append(_Worker(work) if problem is None else worker)
                    deaths[number] += problem is None
                    if problem is None and deaths[number] < MAX_DEATHS:
                        waiting.append((number, job))
                    else:
                        yield job, given_up() if problem is None else problem
        finally:
            for worker in (*idle, *(one for one, _, _ in running.values())):
                worker.end()

    def _count(self) -> int:
        return len(os.sched_getaffinity(0)) if self.workers is None else self.workers


class _Worker(Generic[Job]):
    """A process that does one job after the other, and the line to it."""

    def __init__(self, work: Work[Job]) -> None:
        """Start the process."""
        context = multiprocessing.get_context("spawn")
        self.connection, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(work, there))
        self._process.start()
        there.close()  # the process alone has it, so that the line breaks when it dies

    def give(self, job: Job) -> None:
        """Let the process do a job; that it died before is told by `outcome`."""
        with suppress(OSError):
            self.connection.send(job)

    def outcome(self) -> str | None:
        """Return what went wrong with the job that has ended; None if the process died."""
        try:
            return str(self.connection.recv())
        except (EOFError, OSError):
            self.end()
            return None

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.terminate()
        self._process.join()
        self.connection.close()


def _serve(work: Work[Job], connection: Connection) -> None:
    """Do the jobs that come; whoever sends them ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the sender, too
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        connection.send(outcome(work, connection.recv()))


def _end_with_parent() -> None:
    """End when the process that started this one has ended, even if that was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
