"""Reading a file that a stranger may have made.

A name may lead to a pipe that never ends or never begins, to a device, or to more bytes than fit
into memory. Only regular files are read (a symbolic link to one is as good), and no more of them
than is allowed. What they hold is for the caller to judge; `decoding` turns whatever that raises
into one error.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError


class FileRefused(PilqrError, OSError):
    """A file is not read; the message says why, its reader says which."""

    code = ErrorCode.STORAGE


def is_file(path: Path) -> bool:
    """Tell whether a path is that of a regular file; one that no file can have is not."""
    try:
        return path.is_file()
    except OSError:  # as one that is too long
        return False


def open_foreign(path: Path, mode: str = "rb") -> BinaryIO:
    """Open a regular file, never waiting for anybody.

    Args:
        path: The file.
        mode: ``rb``, or ``r+b`` to change it, too.

    Raises:
        OSError: There is none, or it is not a regular file.
    """
    access = os.O_RDWR if mode == "r+b" else os.O_RDONLY
    try:
        handle = os.open(path, access | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except ValueError as error:  # a NUL in its name
        raise FileRefused(str(error)) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileRefused("it is not a file")
    return cast(BinaryIO, os.fdopen(handle, mode))


def read_foreign(path: Path, max_bytes: int) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: There is none, it is not a regular file, or it is larger than allowed.
    """
    with open_foreign(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            raise FileRefused(f"it has {size} bytes, more than the {max_bytes} allowed")
        content = file.read(size + 1)
    if len(content) != size:
        raise FileRefused("its size changes while it is read")
    return content


def read_foreign_text(path: Path, max_bytes: int) -> str:
    """Return the content of a regular file as text (errors as `read_foreign`)."""
    try:
        return read_foreign(path, max_bytes).decode()
    except UnicodeDecodeError as error:
        raise FileRefused(f"it is not text in UTF-8: {error}") from error


@contextmanager
def decoding(what: object, refusal: type[PilqrError]) -> Iterator[None]:
    """Turn whatever a decoder raises at a stranger's bytes into an error that names them.

    Raises:
        PilqrError: The refusal, or what the block itself raised on purpose.
    """
    try:
        yield
    except FileRefused as error:
        raise refusal(f"{what} cannot be read: {error}") from error
    except PilqrError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise refusal(f"{what} cannot be read: {reason}") from error
