"""Files that are either whole or absent, whatever happens while they are written."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilqr_ros.learning.errors import RunError
from pilqr_ros.synced_file import replace_file

MAX_FILE_BYTES = 256 * 2**20
"""Larger files than this are not read: no array of a run comes near it."""

# A file that somebody tampered with also comes out as one of these.
_DAMAGED = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file through a temporary one that is synced and renamed.

    Raises:
        RunError: It cannot be written, because the disk is full or the like; what was there before
            is still there.
    """
    try:
        replace_file(path, write)
    except OSError as error:
        raise RunError(
            f"{path} cannot be written: {error.strerror or error}; everything stored before is kept"
        ) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically."""
    write_atomically(path, lambda file: file.write(content))


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file atomically."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, ArrayLike]) -> None:
    """Write named arrays atomically, as an ``.npz`` without pickle.

    Raises:
        RunError: An array holds Python objects.
    """
    plain: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.hasobject:
            raise RunError(f"array {name} holds Python objects, expected numbers or text")
    write_atomically(path, lambda file: np.savez(file, **plain))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        RunError: The file is missing, too large or not a JSON object.
    """
    try:
        value = json.loads(_checked(path).read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path} holds {type(value).__name__}, expected a JSON object")
    return value


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read named arrays; a file that holds Python objects is refused.

    Raises:
        RunError: The file is missing, too large, damaged or holds pickled objects.
    """
    try:
        _check_unpacked_size(_checked(path))
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except _DAMAGED as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise RunError(f"{path} holds {name}, which is not an array")
    return arrays


def _checked(path: Path) -> Path:
    if path.exists() and not path.is_file():
        raise ValueError("it is not a file")
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise ValueError(f"{size} bytes are more than the {MAX_FILE_BYTES} allowed")
    return path


def _check_unpacked_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > MAX_FILE_BYTES:
        raise ValueError(f"it unpacks to {size} bytes, more than the {MAX_FILE_BYTES} allowed")
