"""Files that are either whole or absent, whatever happens while they are written."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilqr_ros.foreign_file import decoding, read_foreign, read_foreign_text
from pilqr_ros.runs.errors import RunError, RunWriteError
from pilqr_ros.synced_file import replace_file

MAX_FILE_BYTES = 256 * 2**20
"""Larger files than this are not read: no array of a run comes near it."""

MAX_JSON_BYTES = 4 * 2**20
"""Likewise for JSON, which takes many times its size in memory."""

MAX_ARRAYS = 1000
"""Most arrays of a file."""

_MEMBER_COUNT = slice(-12, -10)
"""Where an archive without a comment says how many members it has."""

_KINDS = "biufU"
"""What kinds of entries an array of ours may have: flags, numbers, text."""

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file through a temporary one that is synced and renamed.

    Raises:
        RunWriteError: It cannot be written, because the disk is full or the like; what was there
            before is still there.
    """
    try:
        replace_file(path, write)
    except OSError as error:
        raise RunWriteError(
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
    plain = _plain(arrays)
    write_atomically(path, lambda file: np.savez(file, **plain))


def packed(arrays: Mapping[str, ArrayLike]) -> bytes:
    """Return the content of the file that `write_arrays` writes (errors likewise)."""
    content = io.BytesIO()
    np.savez(content, **_plain(arrays))
    return content.getvalue()


def _plain(arrays: Mapping[str, ArrayLike]) -> dict[str, Any]:
    """Return arrays without Python objects (errors as `write_arrays`)."""
    plain = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.hasobject:
            raise RunError(f"array {name} holds Python objects, expected numbers or text")
    return plain


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        RunError: The file is missing, too large or not a JSON object.
    """
    with decoding(path, RunError):
        value = json.loads(read_foreign_text(path, MAX_JSON_BYTES))
    if not isinstance(value, dict):
        raise RunError(f"{path} holds {type(value).__name__}, expected a JSON object")
    return value


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read named arrays; a file that holds Python objects is refused.

    Each array's checksum is checked, and an array takes all that its file has: a flipped bit comes
    out as an error, never as another number.

    Raises:
        RunError: The file is missing, too large, damaged or holds pickled objects.
    """
    content = read_bytes(path)
    with decoding(path, RunError), zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        _check_members(members, content)
        return {
            member.filename.removesuffix(".npy"): _array(member.filename, archive.read(member))
            for member in members
        }


def read_bytes(path: Path) -> bytes:
    """Read a file (errors as `read_arrays`)."""
    with decoding(path, RunError):
        return read_foreign(path, MAX_FILE_BYTES)


def _check_members(members: Sequence[zipfile.ZipInfo], content: bytes) -> None:
    """Refuse an archive that unpacks to too much, or other names than it says."""
    said = int.from_bytes(content[_MEMBER_COUNT], "little")
    if len(members) != said:
        raise ValueError(f"it holds {len(members)} arrays and says {said}")
    if len(members) > MAX_ARRAYS:
        raise ValueError(f"it holds {len(members)} arrays, more than the {MAX_ARRAYS} allowed")
    size = sum(member.file_size for member in members)
    if size > MAX_FILE_BYTES:
        raise ValueError(f"it unpacks to {size} bytes, more than the {MAX_FILE_BYTES} allowed")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("it holds a name twice")


def _array(name: str, content: bytes) -> NDArray[Any]:
    """Return the array of an ``.npy`` file's content; its header may not promise another size."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read_header = _HEADERS.get(version)
    if read_header is None:
        raise ValueError(f"{name} is of version {version}, which is not known")
    shape, fortran_order, dtype = read_header(file)
    if dtype.kind not in _KINDS or dtype.hasobject:
        raise ValueError(f"{name} holds {dtype}, expected numbers or text")
    data = content[file.tell() :]
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{name} has {len(data)} bytes, which is not what shape {shape} takes")
    if dtype.itemsize == 0 and math.prod(shape) > 1:
        raise ValueError(f"{name} has shape {shape} of entries without a byte")
    array = np.frombuffer(data, dtype) if data else np.zeros(math.prod(shape), dtype)
    return array.reshape(shape, order="F" if fortran_order else "C").copy()
