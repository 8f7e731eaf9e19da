"""The records of an MCAP file (https://mcap.dev/spec) as bytes and back, by the package `mcap`.

The package's own readers believe the lengths that a file tells: a file of 57 bytes makes them take
4 GiB of memory. Here a record's bytes are taken first, never more than the file has, and what a
record says of its parts must fit into them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO, TypeVar

from mcap.data_stream import ReadDataStream, RecordBuilder
from mcap.exceptions import EndOfFile
from mcap.records import McapRecord

MAGIC = b"\x89MCAP0\r\n"

MAX_RECORD = 128 * 2**20
"""Larger records than this are not read [bytes]: a recorder writes a chunk at each flush."""

RECORD_HEADER = struct.Struct("<BQ")
"""Opcode of a record, and the length of its content [bytes]."""

Record = TypeVar("Record", bound=McapRecord)


class _Content(ReadDataStream):
    """A record's content; to read beyond its end is an error, where the package returns less."""

    def read(self, length: int) -> bytes:
        data = super().read(length)
        if len(data) != length:
            raise EndOfFile
        return data


def encode(record: McapRecord) -> bytes:
    """Return a record's bytes."""
    builder = RecordBuilder()
    record.write(builder)
    return builder.end()


def decode(kind: type[Record], content: bytes, *length: int) -> Record:
    """Return a record of a kind from its content.

    Args:
        kind: Its class.
        content: Its bytes behind the length.
        length: How many these are, for a kind that asks for it.

    Raises:
        EndOfFile: It says that it is longer than it is.
    """
    reader: Any = kind
    record: Record = reader.read(_Content(BytesIO(content)), *length)
    return record


def records(file: BinaryIO, offset: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield opcode, offset and content of each whole record before an end; a torn one ends it."""
    while offset + RECORD_HEADER.size <= end:
        file.seek(offset)
        op, size = RECORD_HEADER.unpack(file.read(RECORD_HEADER.size))
        begin = offset + RECORD_HEADER.size
        if size > min(end - begin, MAX_RECORD):
            return
        yield op, offset, file.read(size)
        offset = begin + size
