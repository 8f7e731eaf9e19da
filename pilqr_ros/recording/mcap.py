"""The records of an MCAP file as bytes (https://mcap.dev/spec).

A record is an opcode, the length of its content, and the content; numbers are little-endian, text
is preceded by its length.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import lz4.frame

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_CHUNK = 128 * 2**20
"""Larger chunks than this are not unpacked [bytes]: a recorder writes one at each flush."""

MAX_RATIO = 300
"""A chunk that unpacks to so many times its size is not one of messages; lz4 reaches 255."""

MAGIC = b"\x89MCAP0\r\n"
PROFILE = "ros2"
COMPRESSION = "lz4"
RECORD_HEADER = struct.Struct("<BQ")
MESSAGE_HEADER = struct.Struct("<BQHIQQ")
FOOTER = struct.Struct("<QQI")
_CHUNK_HEADER = struct.Struct("<QQQI")

Index = dict[int, list[tuple[int, int]]]
"""Time and offset of each message of a chunk, by channel."""


class Op(IntEnum):
    """What a record holds."""

    HEADER = 0x01
    FOOTER = 0x02
    SCHEMA = 0x03
    CHANNEL = 0x04
    MESSAGE = 0x05
    CHUNK = 0x06
    MESSAGE_INDEX = 0x07
    CHUNK_INDEX = 0x08
    STATISTICS = 0x0B
    SUMMARY_OFFSET = 0x0E
    DATA_END = 0x0F


class Chunk(NamedTuple):
    """Messages that were written together.

    Attributes:
        start_ns: Time of the earliest one [ns].
        end_ns: Time of the latest one [ns].
        messages: Their records.
    """

    start_ns: int
    end_ns: int
    messages: bytes


def record(op: Op, content: bytes) -> bytes:
    """Return a record."""
    return RECORD_HEADER.pack(op, len(content)) + content


def text(value: str | bytes) -> bytes:
    """Return text with its length before it."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(data)) + data


def texts(values: Mapping[str, str]) -> bytes:
    """Return a mapping between texts."""
    return text(b"".join(text(key) + text(value) for key, value in values.items()))


def header(library: str) -> bytes:
    """Return the record that begins a file."""
    return record(Op.HEADER, text(PROFILE) + text(library))


def schema(number: int, name: str, definition: str) -> bytes:
    """Return the record of a message type."""
    content = struct.pack("<H", number) + text(name) + text("ros2msg") + text(definition)
    return record(Op.SCHEMA, content)


def channel(number: int, schema_number: int, topic: str, metadata: Mapping[str, str]) -> bytes:
    """Return the record of a topic."""
    content = struct.pack("<HH", number, schema_number) + text(topic) + text("cdr")
    return record(Op.CHANNEL, content + texts(metadata))


def message(number: int, sequence: int, received_ns: int, sent_ns: int, data: bytes) -> bytes:
    """Return the record of a message on a channel."""
    size = MESSAGE_HEADER.size - RECORD_HEADER.size + len(data)
    return MESSAGE_HEADER.pack(Op.MESSAGE, size, number, sequence, received_ns, sent_ns) + data


def pack_chunk(chunk: Chunk) -> bytes:
    """Return the record of a chunk."""
    packed = lz4.frame.compress(chunk.messages)
    head = _CHUNK_HEADER.pack(
        chunk.start_ns, chunk.end_ns, len(chunk.messages), zlib.crc32(chunk.messages)
    )
    return record(Op.CHUNK, head + text(COMPRESSION) + struct.pack("<Q", len(packed)) + packed)


def unpack_chunk(content: bytes) -> Chunk:
    """Return the chunk of a record's content.

    Raises:
        ValueError: It is damaged, or unpacks to more than is allowed.
    """
    try:
        start_ns, end_ns, size, crc = _CHUNK_HEADER.unpack_from(content)
        compression, rest = take_text(content[_CHUNK_HEADER.size :])
        (packed_size,) = struct.unpack_from("<Q", rest)
        messages = _unpack(compression, rest[8 : 8 + packed_size], size)
    except Exception as error:  # of three libraries
        raise ValueError(f"a chunk is damaged: {error}") from error
    if len(messages) != size or (crc != 0 and zlib.crc32(messages) != crc):
        raise ValueError("a chunk's checksum is wrong")
    return Chunk(start_ns, end_ns, messages)


def _unpack(compression: str, packed: bytes, size: int) -> bytes:
    """Return unpacked bytes, never more than one beyond the size that is promised."""
    if size > min(MAX_CHUNK, MAX_RATIO * (len(packed) + 1000)):
        raise ValueError(f"it unpacks from {len(packed)} to {size} bytes, more than is allowed")
    if compression == "":
        return packed
    if compression == COMPRESSION:
        unpacker: Any = lz4.frame.LZ4FrameDecompressor()
    elif compression == "zstd":
        unpacker = zstd.ZstdDecompressor()
    else:
        raise ValueError(f"its compression is {compression!r}, expected lz4, zstd or none")
    return bytes(unpacker.decompress(packed, size + 1))


def pack_index(index: Index) -> list[bytes]:
    """Return the records that tell where a chunk's messages are, one a channel."""
    return [
        record(
            Op.MESSAGE_INDEX,
            struct.pack("<H", number)
            + text(b"".join(struct.pack("<QQ", *entry) for entry in entries)),
        )
        for number, entries in index.items()
    ]


def chunk_index(chunk: Chunk, packed: bytes, offset: int, indexes: Sequence[bytes]) -> bytes:
    """Return the record that tells where a chunk lies.

    Args:
        chunk: The chunk.
        packed: Its record.
        offset: Where that begins in the file.
        indexes: The records of its messages' places, which follow it.
    """
    places, place = b"", offset + len(packed)
    for one in indexes:
        places += one[RECORD_HEADER.size : RECORD_HEADER.size + 2] + struct.pack("<Q", place)
        place += len(one)
    overhead = RECORD_HEADER.size + _CHUNK_HEADER.size + len(text(COMPRESSION)) + 8
    content = struct.pack("<QQQQ", chunk.start_ns, chunk.end_ns, offset, len(packed))
    content += text(places) + struct.pack("<Q", sum(map(len, indexes))) + text(COMPRESSION)
    content += struct.pack("<QQ", len(packed) - overhead, len(chunk.messages))
    return record(Op.CHUNK_INDEX, content)


def records(data: bytes, offset: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """Yield opcode, offset and content of each whole record; what is torn ends it."""
    while offset + RECORD_HEADER.size <= len(data):
        op, size = RECORD_HEADER.unpack_from(data, offset)
        begin = offset + RECORD_HEADER.size
        if begin + size > len(data):
            return
        yield op, offset, data[begin : begin + size]
        offset = begin + size


def take_text(data: bytes) -> tuple[str, bytes]:
    """Return the text at the beginning of bytes, and the bytes after it."""
    (size,) = struct.unpack_from("<I", data)
    if size > len(data) - 4:
        raise ValueError(f"a text has {size} bytes, {len(data) - 4} are left")
    return data[4 : 4 + size].decode(), data[4 + size :]
