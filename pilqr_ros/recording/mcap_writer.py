"""Writing an MCAP file that is whole at any time.

What was collected goes to the disk as one chunk together with the summary and the footer that end
the file; the next chunk overwrites these. A recorder that is killed therefore leaves a file that
every reader of MCAP takes, with everything until the last `flush`. Only where the kill fell within
the very call that writes, the file is torn, and `mcap_recovery` mends it.

The records are those of the package `mcap`. Its `Writer` can end a file but once: killed before, it
leaves one that neither the package's reader nor `rosbags` opens, even if it was flushed; ended
again after each flush, the data's checksum is wrong.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

from mcap.records import Channel, Header, Message, Schema
from mcap.well_known import MessageEncoding, Profile, SchemaEncoding

from pilqr_ros import __version__
from pilqr_ros.recording.mcap_chunk import Index, add_entry, pack, place_of
from pilqr_ros.recording.mcap_records import MAGIC, encode
from pilqr_ros.recording.mcap_summary import Summary
from pilqr_ros.recording.topic import BagTopic
from pilqr_ros.runs import atomic

LIBRARY = "pilqr_ros"
"""By which the files of our recorders are known."""

QOS_KEY = "offered_qos_profiles"
HASH_KEY = "topic_type_hash"
"""The names that rosbag2 gives to these entries of a channel."""

ENTRY_SIZE = 16
"""Bytes for the place of a message."""

CHUNK_OVERHEAD = 2048
"""Bytes that a chunk takes besides its messages and their places, at most."""


class McapWriter:
    """Writes one file.

    Attributes:
        path: The file.
        summary: What it holds on disk.
    """

    def __init__(self, path: Path, topics: Sequence[BagTopic]) -> None:
        """Create a file without messages.

        Args:
            path: The file; it must not exist.
            topics: What will be written; a message names its topic by the place in this list.
        """
        if path.exists():
            raise FileExistsError(f"{path} exists already")
        self.path = path
        content, self._end, self.summary = empty_file(topics)
        self._checksum = zlib.crc32(content[: self._end])
        self._sequence = [0] * len(topics)
        self._pending: list[bytes] = []
        self._index: Index = {}
        self._chunk_size = 0
        atomic.write_bytes(path, content)
        self._file = os.open(path, os.O_RDWR)
        # Whoever mends torn files leaves this one alone.
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @property
    def pending_size(self) -> int:
        """What will be written takes at most so much of the disk [bytes]."""
        if not self._pending:
            return 0
        return self._chunk_size + ENTRY_SIZE * len(self._pending) + CHUNK_OVERHEAD

    @property
    def size(self) -> int:
        """Size of the file, with what is not yet written [bytes]."""
        return os.fstat(self._file).st_size + self.pending_size

    def write(self, topic: int, received_ns: int, sent_ns: int, data: bytes) -> None:
        """Add a message; it is on disk after the next `flush`."""
        message = Message(
            channel_id=topic,
            sequence=self._sequence[topic],
            log_time=received_ns,
            publish_time=sent_ns,
            data=data,
        )
        add_entry(self._index, message, self._chunk_size)
        self._pending.append(encode(message))
        self._sequence[topic] += 1
        self._chunk_size += len(self._pending[-1])

    def flush(self) -> None:
        """Write what was added.

        Raises:
            OSError: It does not fit; what was on disk before is whole.
        """
        if not self._pending:
            return
        index, chunk = self._index, pack(b"".join(self._pending), self._index)
        self.discard()
        packed, indexes = encode(chunk), {number: encode(one) for number, one in index.items()}
        data = packed + b"".join(indexes.values())
        place = place_of(chunk, len(packed), self._end, indexes)
        before = self.summary.tail(self._end, self._checksum)
        checksum = zlib.crc32(data, self._checksum)
        self.summary.add_chunk(chunk, index, place)
        try:
            self._write(data + self.summary.tail(self._end + len(data), checksum))
        except OSError:
            self._write(before)
            os.ftruncate(self._file, self._end + len(before))
            raise
        self._end, self._checksum = self._end + len(data), checksum

    def discard(self) -> None:
        """Forget what was added since the last `flush`."""
        self._pending, self._index, self._chunk_size = [], {}, 0

    def close(self) -> None:
        """Write the rest and close the file; it is then safe from a loss of power, too."""
        try:
            self.flush()
            os.fsync(self._file)
        finally:
            os.close(self._file)

    def _write(self, data: bytes) -> None:
        """Write over the file's end."""
        view, offset = memoryview(data), self._end
        while view:
            written = os.pwrite(self._file, view, offset)
            view, offset = view[written:], offset + written


def empty_file(topics: Sequence[BagTopic]) -> tuple[bytes, int, Summary]:
    """Return the content of a file without messages, where its data ends, and its summary."""
    summary = _summary_of(topics)
    head = MAGIC + encode(Header(profile=Profile.ROS2, library=f"{LIBRARY} {__version__}"))
    head += b"".join(summary.schemas + summary.channels)
    return head + summary.tail(len(head), zlib.crc32(head)), len(head), summary


def _summary_of(topics: Sequence[BagTopic]) -> Summary:
    """Return the summary of a file that knows topics and has no messages."""
    types = list(dict.fromkeys(topic.type for topic in topics))
    definitions = {topic.type: topic.definition for topic in topics}
    summary = Summary(topics=dict(enumerate(topics)))
    for number, name in enumerate(types, start=1):
        text = definitions[name].encode()
        schema = Schema(id=number, name=name, encoding=SchemaEncoding.ROS2, data=text)
        summary.schemas.append(encode(schema))
    for number, topic in enumerate(topics):
        metadata = {QOS_KEY: topic.qos, HASH_KEY: topic.type_hash}
        channel = Channel(
            id=number,
            schema_id=types.index(topic.type) + 1,
            topic=topic.name,
            message_encoding=MessageEncoding.CDR,
            metadata=metadata,
        )
        summary.channels.append(encode(channel))
    return summary
