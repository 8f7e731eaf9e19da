"""Reading an MCAP file that a stranger may have made, or that has been damaged since.

Everything is bounded and checked: the summary by the footer's checksum, the data by the one of its
end, each chunk by its own. Whatever is wrong comes out as a `BagError` that names the file.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pilqr_ros.foreign_file import decoding, open_foreign
from pilqr_ros.recording import mcap
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.mcap import Op
from pilqr_ros.recording.mcap_summary import Summary
from pilqr_ros.recording.mcap_writer import HASH_KEY, QOS_KEY
from pilqr_ros.recording.topic import Topic

MAX_SUMMARY = 64 * 2**20
"""Larger summaries than this are not read [bytes]."""

MAX_RECORDS = 5_000_000
"""Most records of a file, those within its chunks included."""

MAX_ENTRIES = 2**16
"""Longest description of a topic that is read [bytes]."""

_DATA_END = struct.Struct("<BQI")
_UNSUMMED = 4 + len(mcap.MAGIC)
"""What follows the part of the file that the footer's checksum covers [bytes]."""
_FOOTER_SIZE = mcap.RECORD_HEADER.size + mcap.FOOTER.size + len(mcap.MAGIC)
_BLOCK = 2**20


class Message(NamedTuple):
    """A message as it was recorded.

    Attributes:
        channel: Number of its channel.
        received_ns: When it was received [ns].
        data: Its content in CDR.
    """

    channel: int
    received_ns: int
    data: bytes


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
        count, reached = 0, len(mcap.MAGIC)
        for op, offset, content in file_records(file, reached, ending.end):
            reached = offset + mcap.RECORD_HEADER.size + len(content)
            found = []
            for one in _messages(op, content):
                count += 1
                if count > MAX_RECORDS:
                    raise BagError(f"{path} holds more than the {MAX_RECORDS} records allowed")
                if one is not None and one.channel in channels:
                    found.append(one)
            yield from sorted(found, key=lambda one: one.received_ns)
        if reached != ending.end:
            raise BagError(f"{path} is damaged: a record at byte {reached} has no end")


def file_records(file: BinaryIO, offset: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield opcode, offset and content of each record before an end; a torn one is the last."""
    while offset + mcap.RECORD_HEADER.size <= end:
        file.seek(offset)
        op, size = mcap.RECORD_HEADER.unpack(file.read(mcap.RECORD_HEADER.size))
        begin = offset + mcap.RECORD_HEADER.size
        if size > min(end - begin, mcap.MAX_CHUNK):
            return
        yield op, offset, file.read(size)
        offset = begin + size


def checksum(file: BinaryIO, end: int) -> int:
    """Return the CRC-32 of a file's first bytes."""
    file.seek(0)
    found = 0
    for begin in range(0, end, _BLOCK):
        found = zlib.crc32(file.read(min(_BLOCK, end - begin)), found)
    return found


def take_record(
    op: int, content: bytes, summary: Summary, schemas: dict[int, tuple[str, str]]
) -> None:
    """Take one record of a summary, or of a file's head."""
    if op == Op.SCHEMA:
        summary.schemas.append(mcap.record(Op.SCHEMA, content))
        name, rest = mcap.take_text(content[2:])
        _, rest = mcap.take_text(rest)
        schemas[struct.unpack_from("<H", content)[0]] = (name, mcap.take_text(rest)[0])
    elif op == Op.CHANNEL:
        summary.channels.append(mcap.record(Op.CHANNEL, content))
        number, schema = struct.unpack_from("<HH", content)
        topic, rest = mcap.take_text(content[4:])
        entries = _entries(mcap.take_text(rest)[1][4:])
        kind, definition = schemas[schema]
        summary.topics[number] = Topic(
            topic, kind, definition, entries.get(HASH_KEY, ""), entries.get(QOS_KEY, "")
        )
    elif op == Op.CHUNK_INDEX:
        summary.chunks.append(mcap.record(Op.CHUNK_INDEX, content))
    elif op == Op.STATISTICS:
        *_, start_ns, end_ns, _ = struct.unpack_from("<QHIIIIQQI", content)
        summary.counts = dict(struct.iter_unpack("<HQ", content[46:]))
        if summary.message_count > 0:
            summary.start_ns, summary.end_ns = start_ns, end_ns


def _read_ending(file: BinaryIO, path: Path) -> _Ending:
    """Read what lies behind a file's data."""
    size = file.seek(0, os.SEEK_END)
    if size < _FOOTER_SIZE + len(mcap.MAGIC):
        raise BagError(f"{path} is torn: it has {size} bytes")
    file.seek(-_FOOTER_SIZE, os.SEEK_END)
    tail = file.read()
    record = mcap.RECORD_HEADER.unpack_from(tail)
    if record != (Op.FOOTER, mcap.FOOTER.size) or not tail.endswith(mcap.MAGIC):
        raise BagError(f"{path} is torn: it does not end with a footer")
    start, _, summary_checksum = mcap.FOOTER.unpack_from(tail, mcap.RECORD_HEADER.size)
    end = start - _DATA_END.size
    if end < len(mcap.MAGIC) or not 0 <= size - start <= MAX_SUMMARY:
        raise BagError(f"{path} is torn: its summary begins at byte {start} of {size}")
    file.seek(end)
    op, length, data_checksum = _DATA_END.unpack(file.read(_DATA_END.size))
    content = file.read(size - start)
    # A torn write can leave an older footer behind it.
    summed = zlib.crc32(content[:-_UNSUMMED])
    if (op, length) != (Op.DATA_END, 4) or summed != summary_checksum:
        raise BagError(f"{path} is torn: its summary has a wrong checksum")
    summary, schemas = Summary(), dict[int, tuple[str, str]]()
    for op, _, content_of in mcap.records(content):
        take_record(op, content_of, summary, schemas)
    return _Ending(summary, end, data_checksum)


def _messages(op: int, content: bytes) -> Iterator[Message | None]:
    """Yield the messages of a record; None for a record of a chunk that is none."""
    if op == Op.MESSAGE:
        yield _message(content)
    elif op == Op.CHUNK:
        messages = mcap.unpack_chunk(content).messages
        end = 0
        for inner, offset, data in mcap.records(messages):
            end = offset + mcap.RECORD_HEADER.size + len(data)
            yield _message(data) if inner == Op.MESSAGE else None
        if end != len(messages):
            raise ValueError(f"a chunk's record at byte {end} has no end")


def _message(content: bytes) -> Message:
    number, _, received_ns, _ = _MESSAGE.unpack_from(content)
    return Message(number, received_ns, content[_MESSAGE.size :])


_MESSAGE = struct.Struct("<HIQQ")


def _entries(data: bytes) -> dict[str, str]:
    """Return the entries of a channel's metadata."""
    if len(data) > MAX_ENTRIES:
        raise ValueError(f"a topic is described in {len(data)} bytes, allowed are {MAX_ENTRIES}")
    found = {}
    while data:
        key, data = mcap.take_text(data)
        found[key], data = mcap.take_text(data)
    return found
