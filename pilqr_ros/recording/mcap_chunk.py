"""A chunk: messages that were written together, packed.

The package `mcap` unpacks a chunk to whatever it becomes: with zstd, 631 bytes of a stranger take
20 MB of memory, with lz4 every byte 500. So unpacking is done here, within bounds.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import lz4.frame
from mcap.opcode import Opcode
from mcap.records import Chunk, ChunkIndex, Message, MessageIndex

from pilqr_ros.recording import mcap_records
from pilqr_ros.recording.mcap_records import decode, records

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_RATIO = 300
"""A chunk that unpacks to so many times its size is not one of messages; lz4 reaches 255."""

MAX_MESSAGES = 1_000_000
"""Most messages of a chunk that is mended."""

COMPRESSION = "lz4"

Index = dict[int, MessageIndex]
"""Time and offset of each message of a chunk, by channel."""


def pack(messages: bytes, index: Index) -> Chunk:
    """Return the chunk of messages that are in an index."""
    times = [time for one in index.values() for time, _ in one.records]
    return Chunk(
        compression=COMPRESSION,
        data=lz4.frame.compress(messages),
        message_start_time=min(times),
        message_end_time=max(times),
        uncompressed_crc=zlib.crc32(messages),
        uncompressed_size=len(messages),
    )


def unpack(content: bytes) -> tuple[Chunk, bytes]:
    """Return the chunk of a record's content, and its messages.

    Raises:
        ValueError: It is damaged, or unpacks to more than is allowed.
    """
    try:
        chunk = decode(Chunk, content)
        messages = _unpacked(chunk.compression, chunk.data, chunk.uncompressed_size)
    except Exception as error:  # of three libraries
        raise ValueError(f"a chunk is damaged: {error}") from error
    crc = chunk.uncompressed_crc
    if len(messages) != chunk.uncompressed_size or (crc != 0 and zlib.crc32(messages) != crc):
        raise ValueError("a chunk's checksum is wrong")
    return chunk, messages


def _unpacked(compression: str, packed: bytes, size: int) -> bytes:
    """Return unpacked bytes, never more than one beyond the size that is promised."""
    if size > min(mcap_records.MAX_RECORD, MAX_RATIO * (len(packed) + 1000)):
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


def index_of(messages: bytes) -> Index:
    """Return where each message of a chunk is.

    Raises:
        ValueError: There are more than is allowed.
    """
    index: Index = {}
    found = records(BytesIO(messages), 0, len(messages))
    for count, (op, offset, content) in enumerate(found):
        if count >= MAX_MESSAGES:
            raise ValueError(f"a chunk holds more than the {MAX_MESSAGES} messages allowed")
        if op == Opcode.MESSAGE:
            message = decode(Message, content, len(content))
            add_entry(index, message, offset)
    return index


def add_entry(index: Index, message: Message, offset: int) -> None:
    """Tell where a message begins within its chunk."""
    channel = message.channel_id
    index.setdefault(channel, MessageIndex(channel, [])).records.append((message.log_time, offset))


def place_of(chunk: Chunk, size: int, offset: int, indexes: Mapping[int, bytes]) -> ChunkIndex:
    """Return the record that tells where a chunk lies.

    Args:
        chunk: The chunk.
        size: That of its record [bytes].
        offset: Where this begins in the file.
        indexes: The records of its messages' places, which follow it, by channel.
    """
    places, place = {}, offset + size
    for channel, record in indexes.items():
        places[channel] = place
        place += len(record)
    return ChunkIndex(
        message_start_time=chunk.message_start_time,
        message_end_time=chunk.message_end_time,
        chunk_start_offset=offset,
        chunk_length=size,
        message_index_offsets=places,
        message_index_length=place - offset - size,
        compression=chunk.compression,
        compressed_size=len(chunk.data),
        uncompressed_size=chunk.uncompressed_size,
    )
