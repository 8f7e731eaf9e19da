"""A small disk that can be filled: a tmpfs where one may be mounted, else limits of a process."""

from __future__ import annotations

import errno
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 256 * 2**20
"""Size of the tmpfs [bytes]."""


@contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """Mount a small tmpfs there if that is allowed, and tell whether it was."""
    directory.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "pilqr_soak", str(directory)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(directory)], check=False)


@contextmanager
def full_disk(directory: Path, pid: int, mounted: bool) -> Iterator[None]:
    """Leave no room: on the mounted disk, else for files that a process writes."""
    if mounted:
        ballast = directory / "ballast"
        _fill(ballast)
        try:
            yield
        finally:
            ballast.unlink()
        return
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


def _fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("wb", buffering=0) as file:
        for chunk in (2**20, 2**12):
            try:
                while True:
                    file.write(bytes(chunk))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
