"""Mending an MCAP file that a kill has torn."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mcap.opcode import Opcode
from mcap.records import Header, Schema

from pilqr_ros.foreign_file import decoding, open_foreign
from pilqr_ros.recording import mcap_chunk
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.mcap_file import checksum, read_summary, take_record
from pilqr_ros.recording.mcap_records import MAGIC, RECORD_HEADER, decode, encode, records
from pilqr_ros.recording.mcap_summary import Summary
from pilqr_ros.recording.mcap_writer import LIBRARY


class Scan(NamedTuple):
    """The whole records of a file.

    Attributes:
        summary: What they hold.
        end: Where the last chunk, or what is before all chunks, ends.
        rest: The records that follow there: the places of the last chunk's messages.
    """

    summary: Summary
    end: int
    rest: bytes


def mend(path: Path) -> bool:
    """Cut off what is torn and end the file properly; tell whether that was needed.

    Raises:
        BagError: Not even the file's head is whole, or another program wrote it.
        OSError: It may not be changed.
    """
    try:
        read_summary(path)
    except BagError:
        pass
    else:
        return False
    with decoding(path, BagError), open_foreign(path) as file:
        scan = _scan(file, path)
    with open_foreign(path, "r+b") as file:
        file.seek(scan.end)
        file.write(scan.rest)
        file.truncate()
        end = scan.end + len(scan.rest)
        summed = checksum(file, end)
        file.write(scan.summary.tail(end, summed))
        file.flush()
        os.fsync(file.fileno())
    return True


def being_written(path: Path) -> bool:
    """Tell whether a recorder has a file open.

    Raises:
        BagError: It is no file that can be read.
    """
    with decoding(path, BagError), open_foreign(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _scan(file: BinaryIO, path: Path) -> Scan:
    """Read every whole record from the beginning of a file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:
        raise BagError(f"{path} is no MCAP file")
    summary, schemas = Summary(), dict[int, Schema]()
    end, rest = 0, b""
    for op, offset, content in records(file, len(MAGIC), size):
        record = RECORD_HEADER.size + len(content)
        if op == Opcode.CHUNK:
            try:
                chunk, messages = mcap_chunk.unpack(content)
            except ValueError:
                break
            index = mcap_chunk.index_of(messages)
            indexes = {number: encode(one) for number, one in index.items()}
            place = mcap_chunk.place_of(chunk, record, offset, indexes)
            summary.add_chunk(chunk, index, place)
            end, rest = offset + record, b"".join(indexes.values())
        elif op in (Opcode.HEADER, Opcode.SCHEMA, Opcode.CHANNEL):
            if op == Opcode.HEADER:
                _check_ours(decode(Header, content).library, path)
            take_record(op, content, summary, schemas)
            end = offset + record
        elif op != Opcode.MESSAGE_INDEX:
            break
    if not summary.channels:
        raise BagError(f"{path} is torn before its first topic")
    return Scan(summary, end, rest)


def _check_ours(library: str, path: Path) -> None:
    """Refuse to cut the file of another program, whose records need not be as ours."""
    if not library.startswith(f"{LIBRARY} "):
        raise BagError(f"{path} is torn, and {library!r} wrote it: mend it with tools of its own")
