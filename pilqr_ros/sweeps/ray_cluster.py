"""Jobs on a Ray cluster: https://docs.ray.io.

Every machine of it needs this package, in the same versions, and a folder that all of them see.
"""

from __future__ import annotations

import os
import signal
import socket
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from pilqr_ros.sweeps.executor import MAX_DEATHS, Job, SweepError, Work, given_up, outcome

MAX_SUBMITTED = 1000
"""So many jobs the cluster knows of at once: enough for as many cores."""

MAX_CONNECTING = 10.0
"""The head of a cluster is waited for so long [s]."""


@dataclass(frozen=True)
class RayCluster:
    """Does jobs on a cluster, one a core.

    Attributes:
        address: Of the cluster, as Ray has it: ``auto`` (this machine is one of it),
            ``head:6379``, ``ray://head:10001``, or ``local`` for one that is started on this
            machine and ends with the jobs.
    """

    address: str

    def do(self, work: Work[Job], jobs: Sequence[Job]) -> Generator[tuple[Job, str], None, None]:
        """Yield each job when it has ended (see `Executor`)."""
        if not jobs:  # what is done can be told without a cluster
            return
        ray = _connected(self.address)
        remote = ray.remote(num_cpus=1, max_retries=MAX_DEATHS - 1)(outcome)
        waiting: deque[Job] = deque(jobs)
        running: dict[Any, Job] = {}
        try:
            while waiting or running:
                while waiting and len(running) < MAX_SUBMITTED:
                    job = waiting.popleft()
                    running[remote.remote(work, job)] = job
                for reference in ray.wait(list(running), num_returns=1)[0]:
                    problem = _outcome(ray, reference)
                    yield running.pop(reference), problem
        finally:
            for reference in running:
                ray.cancel(reference, force=True)
            ray.shutdown()


def _connected(address: str) -> Any:  # noqa: ANN401
    """Return the module `ray`, connected to a cluster.

    Raises:
        SweepError: It is not installed, or there is no cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # tell nobody, unless the user wants it
    try:
        import ray
    except ImportError as error:
        raise SweepError("--address needs ray: pip install 'pilqr_ros[ray]'") from error
    _check_reachable(address)
    ends = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # it raises whatever its many parts do
        raise SweepError(f"no Ray cluster answers at {address!r}: {error}") from error
    finally:
        signal.signal(signal.SIGTERM, ends)  # it takes that for itself
    return ray


def _check_reachable(address: str) -> None:
    """Check that somebody listens at an address that names host and port: Ray waits for minutes.

    Raises:
        SweepError: Nobody does.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not (colon and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), MAX_CONNECTING).close()
    except (OSError, OverflowError) as error:
        raise SweepError(f"no Ray cluster answers at {address!r}: {error}") from error


def _outcome(ray: Any, reference: Any) -> str:  # noqa: ANN401
    """Return what went wrong with a job that has ended."""
    try:
        return str(ray.get(reference))
    except ray.exceptions.WorkerCrashedError:
        return given_up()
    except ray.exceptions.RayError as error:
        return str(error).strip().splitlines()[-1]  # before it stands where it came from
