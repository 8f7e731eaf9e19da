"""What lies behind the data of an MCAP file: what there is, and where."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pilqr_ros.recording import mcap
from pilqr_ros.recording.mcap import Chunk, Op
from pilqr_ros.recording.topic import Topic


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
    topics: dict[int, Topic] = field(default_factory=dict)
    chunks: list[bytes] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)
    start_ns: int | None = None
    end_ns: int | None = None

    @property
    def message_count(self) -> int:
        """Number of messages."""
        return sum(self.counts.values())

    def add_chunk(self, chunk: Chunk, index: mcap.Index, place: bytes) -> None:
        """Count a chunk's messages and remember its place."""
        self.chunks.append(place)
        for number, entries in index.items():
            self.counts[number] = self.counts.get(number, 0) + len(entries)
        self.start_ns = extreme(min, self.start_ns, chunk.start_ns)
        self.end_ns = extreme(max, self.end_ns, chunk.end_ns)

    def tail(self, offset: int, checksum: int) -> bytes:
        """Return everything that follows the data.

        Args:
            offset: Where the data ends in the file.
            checksum: CRC-32 of the data, that is, of everything before.
        """
        end = mcap.record(Op.DATA_END, struct.pack("<I", checksum))
        start = offset + len(end)
        groups = [
            (Op.SCHEMA, self.schemas),
            (Op.CHANNEL, self.channels),
            (Op.STATISTICS, [self._statistics()]),
            (Op.CHUNK_INDEX, self.chunks),
        ]
        content = b"".join(b"".join(group) for _, group in groups)
        places = _group_places(groups, start)
        summary = content + places
        summary += mcap.RECORD_HEADER.pack(Op.FOOTER, mcap.FOOTER.size)
        summary += struct.pack("<QQ", start, start + len(content))
        return end + summary + struct.pack("<I", zlib.crc32(summary)) + mcap.MAGIC

    def _statistics(self) -> bytes:
        """Return the record that counts everything."""
        counts = b"".join(struct.pack("<HQ", *item) for item in sorted(self.counts.items()))
        content = struct.pack(
            "<QHIIIIQQ",
            self.message_count,
            len(self.schemas),
            len(self.channels),
            0,
            0,
            len(self.chunks),
            0 if self.start_ns is None else self.start_ns,
            0 if self.end_ns is None else self.end_ns,
        )
        return mcap.record(Op.STATISTICS, content + mcap.text(counts))


def extreme(choose: Callable[[int, int], int], known: int | None, new: int) -> int:
    """Return the lesser (with `min`) or greater (`max`) of two numbers, if two are known."""
    return new if known is None else choose(known, new)


def _group_places(groups: Sequence[tuple[Op, Sequence[bytes]]], start: int) -> bytes:
    """Return the records that tell where each kind of record lies in a summary."""
    found = b""
    for op, group in groups:
        size = sum(map(len, group))
        if size > 0:
            found += mcap.record(Op.SUMMARY_OFFSET, struct.pack("<BQQ", op, start, size))
        start += size
    return found
