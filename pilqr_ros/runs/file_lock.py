"""A place that one process holds at a time; the kernel lets go of it when that process ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilqr_ros.errors import PilqrError


@contextmanager
def held(path: Path, refusal: PilqrError) -> Iterator[None]:
    """Hold a file, which is made if it is not there.

    Raises:
        PilqrError: Another process holds it: the refusal that was given.
    """
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise refusal from error
        yield
