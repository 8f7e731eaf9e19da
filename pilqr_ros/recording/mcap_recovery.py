"""Reading what an MCAP file holds, and mending one that a kill has torn."""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from pilqr_ros.recording import mcap
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.mcap import Index, Op
from pilqr_ros.recording.mcap_summary import Summary
from pilqr_ros.recording.mcap_writer import HASH_KEY, QOS_KEY
from pilqr_ros.recording.topic import Topic

_DATA_END_SIZE = mcap.RECORD_HEADER.size + 4
_UNSUMMED = 4 + len(mcap.MAGIC)
"""What follows the part of the file that the footer's checksum covers [bytes]."""
_FOOTER_SIZE = mcap.RECORD_HEADER.size + mcap.FOOTER.size + len(mcap.MAGIC)


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


def read_summary(path: Path) -> Summary:
    """Return the summary of a whole file.

    Raises:
        BagError: The file is torn, or no MCAP file.
    """
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() < _FOOTER_SIZE + len(mcap.MAGIC):
            raise BagError(f"{path} is torn: it has {file.tell()} bytes")
        file.seek(-_FOOTER_SIZE, os.SEEK_END)
        tail = file.read()
        op, size = mcap.RECORD_HEADER.unpack_from(tail)
        if (op, size) != (Op.FOOTER, mcap.FOOTER.size) or not tail.endswith(mcap.MAGIC):
            raise BagError(f"{path} is torn: it does not end with a footer")
        start, _, checksum = mcap.FOOTER.unpack_from(tail, mcap.RECORD_HEADER.size)
        file.seek(max(0, start - _DATA_END_SIZE))
        data_end, content = file.read(_DATA_END_SIZE), file.read()
        # A torn write can leave an older footer behind it.
        if data_end[:1] != bytes([Op.DATA_END]) or zlib.crc32(content[:-_UNSUMMED]) != checksum:
            raise BagError(f"{path} is torn: its summary has a wrong checksum")
    summary, schemas = Summary(), dict[int, tuple[str, str]]()
    for op, _, content_of in mcap.records(content):
        _take(op, content_of, summary, schemas)
    return summary


def mend(path: Path) -> bool:
    """Cut off what is torn and end the file properly; tell whether that was needed.

    Raises:
        BagError: Not even the file's head is whole.
    """
    try:
        read_summary(path)
    except BagError:
        scan = _scan(path.read_bytes(), path)
    else:
        return False
    with path.open("r+b") as file:
        end = scan.end + len(scan.rest)
        file.seek(scan.end)
        file.write(scan.rest + scan.summary.tail(end))
        file.truncate()
        os.fsync(file.fileno())
    return True


def being_written(path: Path) -> bool:
    """Tell whether a recorder has a file open."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _scan(data: bytes, path: Path) -> Scan:
    """Read every whole record from the beginning of a file's content."""
    if not data.startswith(mcap.MAGIC):
        raise BagError(f"{path} is no MCAP file")
    summary, schemas = Summary(), dict[int, tuple[str, str]]()
    end, rest = 0, b""
    for op, offset, content in mcap.records(data, len(mcap.MAGIC)):
        size = mcap.RECORD_HEADER.size + len(content)
        if op == Op.CHUNK:
            try:
                chunk = mcap.unpack_chunk(content)
            except ValueError:
                break
            index = _index_of(chunk.messages)
            indexes = mcap.pack_index(index)
            place = mcap.chunk_index(chunk, data[offset : offset + size], offset, indexes)
            summary.add_chunk(chunk, index, place)
            end, rest = offset + size, b"".join(indexes)
        elif op in (Op.HEADER, Op.SCHEMA, Op.CHANNEL):
            _take(op, content, summary, schemas)
            end = offset + size
        elif op != Op.MESSAGE_INDEX:
            break
    if not summary.channels:
        raise BagError(f"{path} is torn before its first topic")
    return Scan(summary, end, rest)


def _index_of(messages: bytes) -> Index:
    """Return where each message of a chunk is."""
    index: Index = {}
    for op, offset, _ in mcap.records(messages):
        if op == Op.MESSAGE:
            _, _, number, _, received_ns, _ = mcap.MESSAGE_HEADER.unpack_from(messages, offset)
            index.setdefault(number, []).append((received_ns, offset))
    return index


def _take(op: int, content: bytes, summary: Summary, schemas: dict[int, tuple[str, str]]) -> None:
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


def _entries(data: bytes) -> dict[str, str]:
    """Return the entries of a channel's metadata."""
    found = {}
    while data:
        key, data = mcap.take_text(data)
        found[key], data = mcap.take_text(data)
    return found
