"""What lies behind the data of an MCAP file: what there is, and where."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mcap.opcode import Opcode
from mcap.records import Chunk, ChunkIndex, DataEnd, Footer, Statistics, SummaryOffset

from pilqr_ros.recording.mcap_chunk import Index
from pilqr_ros.recording.mcap_records import MAGIC, encode
from pilqr_ros.recording.topic import BagTopic

CHECKSUM_SIZE = 4
"""Bytes of a checksum, which a footer ends with."""


@dataclass
class Summary:
    """The growing summary of a file.

    Attributes:
        schemas: Record of each message type.
        channels: Record of each topic.
        topics: The topics, by number of their channel.
        chunks: Record of each chunk's place.
        counts: Number of messages, by number of the channel.
        start_ns: Time of the earliest message [ns]; None without any.
        end_ns: Time of the latest message [ns]; None without any.
    """

    schemas: list[bytes] = field(default_factory=list)
    channels: list[bytes] = field(default_factory=list)
    topics: dict[int, BagTopic] = field(default_factory=dict)
    chunks: list[bytes] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)
    start_ns: int | None = None
    end_ns: int | None = None

    @property
    def message_count(self) -> int:
        """Number of messages."""
        return sum(self.counts.values())

    def add_chunk(self, chunk: Chunk, index: Index, place: ChunkIndex) -> None:
        """Count a chunk's messages and remember its place."""
        self.chunks.append(encode(place))
        for number, one in index.items():
            self.counts[number] = self.counts.get(number, 0) + len(one.records)
        self.start_ns = extreme(min, self.start_ns, chunk.message_start_time)
        self.end_ns = extreme(max, self.end_ns, chunk.message_end_time)

    def tail(self, offset: int, checksum: int) -> bytes:
        """Return everything that follows the data.

        Args:
            offset: Where the data ends in the file.
            checksum: CRC-32 of the data, that is, of everything before.
        """
        end = encode(DataEnd(checksum))
        start = offset + len(end)
        groups = [
            (Opcode.SCHEMA, self.schemas),
            (Opcode.CHANNEL, self.channels),
            (Opcode.STATISTICS, [encode(self._statistics())]),
            (Opcode.CHUNK_INDEX, self.chunks),
        ]
        content = b"".join(b"".join(group) for _, group in groups)
        summary = content + _group_places(groups, start)
        footer = Footer(
            summary_start=start, summary_offset_start=start + len(content), summary_crc=0
        )
        footer.summary_crc = zlib.crc32(summary + encode(footer)[:-CHECKSUM_SIZE])
        return end + summary + encode(footer) + MAGIC

    def _statistics(self) -> Statistics:
        """Return the record that counts everything."""
        return Statistics(
            message_count=self.message_count,
            schema_count=len(self.schemas),
            channel_count=len(self.channels),
            attachment_count=0,
            metadata_count=0,
            chunk_count=len(self.chunks),
            message_start_time=0 if self.start_ns is None else self.start_ns,
            message_end_time=0 if self.end_ns is None else self.end_ns,
            channel_message_counts=dict(sorted(self.counts.items())),
        )


def extreme(choose: Callable[[int, int], int], known: int | None, new: int) -> int:
    """Return the lesser (with `min`) or greater (`max`) of two numbers, if two are known."""
    return new if known is None else choose(known, new)


def _group_places(groups: Sequence[tuple[Opcode, Sequence[bytes]]], start: int) -> bytes:
    """Return the records that tell where each kind of record lies in a summary."""
    found = b""
    for op, group in groups:
        size = sum(map(len, group))
        if size > 0:
            found += encode(SummaryOffset(group_opcode=op, group_start=start, group_length=size))
        start += size
    return found
