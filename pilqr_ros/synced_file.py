"""Files that are on the disk, whole, once they are said to be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO


def replace_file(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file through a temporary one that is synced and renamed.

    Raises:
        OSError: It cannot be written; what was there before is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            write(file)
            file.flush()  # else what Python still holds is written after the sync
            _sync(file.fileno())
        temporary.replace(path)
        _sync_directory(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def empty_file(path: Path) -> None:
    """Empty a file in place, which needs no room and no right to its directory; or remove it.

    Raises:
        OSError: Neither can be done.
    """
    try:
        with path.open("r+b") as file:
            file.truncate()
            _sync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        _sync_directory(path.parent)


def _sync(handle: int) -> None:
    os.fsync(handle)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        _sync(handle)
    finally:
        os.close(handle)
