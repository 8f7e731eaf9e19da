"""Files that are on the disk, whole, once they are said to be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

EMPTIED = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC
"""How a file is opened to be emptied: without waiting, even if it is a pipe."""


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
    """Leave an empty file at a path, whatever was there; at no time is there none instead.

    Emptying it in place needs no room and no right to its directory. Where that cannot be done, an
    empty one is put in its place.

    Raises:
        OSError: Neither can be done.
    """
    try:
        handle = os.open(path, EMPTIED, 0o666)
        with os.fdopen(handle, "wb") as file:
            _sync(file.fileno())
        _sync_directory(path.parent)
    except OSError:
        replace_file(path, lambda file: None)


def _sync(handle: int) -> None:
    os.fsync(handle)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        _sync(handle)
    finally:
        os.close(handle)
