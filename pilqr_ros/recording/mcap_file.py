"""Reading an MCAP file that a stranger may have made, or that has been damaged since.

Everything is bounded and checked: the summary by the footer's checksum, the data by the one of its
end, each chunk by its own. Whatever is wrong comes out as a `BagError` that names the file.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mcap.opcode import Opcode
from mcap.records import Channel, ChunkIndex, DataEnd, Footer, Message, Schema, Statistics

from pilqr_ros.foreign_file import decoding, open_foreign
from pilqr_ros.recording import mcap_chunk
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.mcap_records import (
    MAGIC,
    RECORD_HEADER,
    Record,
    decode,
    encode,
    records,
)
from pilqr_ros.recording.mcap_summary import CHECKSUM_SIZE, Summary
from pilqr_ros.recording.mcap_writer import HASH_KEY, QOS_KEY
from pilqr_ros.recording.topic import BagTopic

MAX_SUMMARY = 64 * 2**20
"""Larger summaries than this are not read [bytes]."""

MAX_RECORDS = 5_000_000
"""Most records of a file, those within its chunks included."""

_DATA_END_SIZE = len(encode(DataEnd(0)))
_FOOTER_SIZE = len(encode(Footer(summary_start=0, summary_offset_start=0, summary_crc=0)))
_UNSUMMED = CHECKSUM_SIZE + len(MAGIC)
"""What follows the part of the file that the footer's checksum covers [bytes]."""
_BLOCK = 2**20


class _Ending(NamedTuple):
    """How a whole file ends: what lies behind its data, where that begins, the data's checksum."""

    summary: Summary
    end: int
    checksum: int


def read_summary(path: Path) -> Summary:
    """Return the summary of a whole file.

    Raises:
        BagError: The file is torn, or no MCAP file.
    """
    with decoding(path, BagError), open_foreign(path) as file:
        return _read_ending(file, path).summary


def read_messages(path: Path, channels: set[int]) -> Iterator[Message]:
    """Yield the messages on some channels, by chunks, those of a chunk in the order of time.

    Raises:
        BagError: The file is torn, damaged, or holds more than is allowed.
    """
    with decoding(path, BagError), open_foreign(path) as file:
        ending = _read_ending(file, path)
        if ending.checksum not in (0, checksum(file, ending.end)):
            raise BagError(f"{path} is damaged: its data has a wrong checksum")
        count, reached = 0, len(MAGIC)
        for op, offset, content in records(file, reached, ending.end):
            reached = offset + RECORD_HEADER.size + len(content)
            found = []
            for one in _messages(op, content):
                count += 1
                if count > MAX_RECORDS:
                    raise BagError(f"{path} holds more than the {MAX_RECORDS} records allowed")
                if one is not None and one.channel_id in channels:
                    found.append(one)
            yield from sorted(found, key=lambda one: one.log_time)
        if reached != ending.end:
            raise BagError(f"{path} is damaged: a record at byte {reached} has no end")


def checksum(file: BinaryIO, end: int) -> int:
    """Return the CRC-32 of a file's first bytes."""
    file.seek(0)
    found = 0
    for begin in range(0, end, _BLOCK):
        found = zlib.crc32(file.read(min(_BLOCK, end - begin)), found)
    return found


def take_record(op: int, content: bytes, summary: Summary, schemas: dict[int, Schema]) -> None:
    """Take one record of a summary, or of a file's head."""
    if op == Opcode.SCHEMA:
        schema = decode(Schema, content)
        schemas[schema.id] = schema
        summary.schemas.append(encode(schema))
    elif op == Opcode.CHANNEL:
        channel = decode(Channel, content)
        summary.topics[channel.id] = _topic(channel, schemas[channel.schema_id])
        summary.channels.append(encode(channel))
    elif op == Opcode.CHUNK_INDEX:
        summary.chunks.append(encode(decode(ChunkIndex, content)))
    elif op == Opcode.STATISTICS:
        statistics = decode(Statistics, content)
        summary.counts = statistics.channel_message_counts
        if summary.message_count > 0:
            summary.start_ns = statistics.message_start_time
            summary.end_ns = statistics.message_end_time


def _topic(channel: Channel, schema: Schema) -> BagTopic:
    entries = channel.metadata
    qos, type_hash = entries.get(QOS_KEY, ""), entries.get(HASH_KEY, "")
    return BagTopic(channel.topic, schema.name, schema.data.decode(), type_hash, qos)


def _read_ending(file: BinaryIO, path: Path) -> _Ending:
    """Read what lies behind a file's data."""
    size = file.seek(0, os.SEEK_END)
    footer_at = size - _FOOTER_SIZE - len(MAGIC)
    if footer_at < len(MAGIC):
        raise BagError(f"{path} is torn: it has {size} bytes")
    footer = _record_at(file, footer_at, _FOOTER_SIZE, Footer, Opcode.FOOTER)
    if footer is None or file.read() != MAGIC:
        raise BagError(f"{path} is torn: it does not end with a footer")
    start = footer.summary_start
    end = start - _DATA_END_SIZE
    if end < len(MAGIC) or not 0 <= size - start <= MAX_SUMMARY:
        raise BagError(f"{path} is torn: its summary begins at byte {start} of {size}")
    data_end = _record_at(file, end, _DATA_END_SIZE, DataEnd, Opcode.DATA_END)
    content = file.read(size - start)
    # A torn write can leave an older footer behind it.
    if data_end is None or zlib.crc32(content[:-_UNSUMMED]) != footer.summary_crc:
        raise BagError(f"{path} is torn: its summary has a wrong checksum")
    summary, schemas = Summary(), dict[int, Schema]()
    for op, _, content_of in records(BytesIO(content), 0, len(content)):
        take_record(op, content_of, summary, schemas)
    return _Ending(summary, end, data_end.data_section_crc)


def _record_at(
    file: BinaryIO, offset: int, size: int, kind: type[Record], opcode: Opcode
) -> Record | None:
    """Return the record of a kind and size that begins at a byte; None if there is no such one."""
    op, _, content = next(records(file, offset, offset + size), (None, offset, b""))
    if op != opcode or RECORD_HEADER.size + len(content) != size:
        return None
    return decode(kind, content)


def _messages(op: int, content: bytes) -> Iterator[Message | None]:
    """Yield the messages of a record; None for a record of a chunk that is none."""
    if op == Opcode.MESSAGE:
        yield decode(Message, content, len(content))
    elif op == Opcode.CHUNK:
        _, messages = mcap_chunk.unpack(content)
        end = 0
        for inner, offset, data in records(BytesIO(messages), 0, len(messages)):
            end = offset + RECORD_HEADER.size + len(data)
            yield decode(Message, data, len(data)) if inner == Opcode.MESSAGE else None
        if end != len(messages):
            raise ValueError(f"a chunk's record at byte {end} has no end")
