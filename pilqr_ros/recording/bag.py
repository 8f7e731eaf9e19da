"""A rosbag2 bag that grows part by part: one MCAP file for each part of a run.

::

    <run>/bag/
        metadata.yaml          what rosbag2 reads first
        iteration_000.mcap     a part
        iteration_001.mcap
        iteration_001_2.mcap   the same part, continued by another recorder

Its disk use is bounded, and nothing is deleted to make room: a bag that is full ends.
"""

from __future__ import annotations

import itertools
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pilqr_ros.foreign_file import decoding, read_foreign
from pilqr_ros.recording import mcap_recovery
from pilqr_ros.recording.errors import BagError, BagFull
from pilqr_ros.recording.mcap_file import read_summary
from pilqr_ros.recording.mcap_summary import Summary
from pilqr_ros.recording.mcap_writer import McapWriter, empty_file
from pilqr_ros.recording.metadata import FILE_NAME, metadata_text
from pilqr_ros.recording.topic import BagTopic
from pilqr_ros.runs import atomic

FOLDER = "bag"
"""Where a run's bag is within the run's directory."""


@dataclass(frozen=True)
class Bounds:
    """How much of the disk a bag may take.

    Attributes:
        max_bytes: Largest size of a bag.
        min_free_bytes: What is left free on the disk.
    """

    max_bytes: int
    min_free_bytes: int


class BagWriter:
    """Writes one bag, or continues it."""

    def __init__(self, directory: Path, topics: Sequence[BagTopic], bounds: Bounds) -> None:
        """Open a bag; files that an earlier recorder left torn are mended.

        Args:
            directory: The bag.
            topics: What will be written; a message names its topic by the place in this list.
            bounds: How large it may become.

        Raises:
            OSError: The directory cannot be written.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self._directory, self._topics, self._bounds = directory, topics, bounds
        repair(directory)
        self._files = summaries(directory)
        self._size = sum((directory / name).stat().st_size for name in self._files)
        self._writer: McapWriter | None = None

    @property
    def size(self) -> int:
        """Size of all files [bytes]."""
        return self._size + (0 if self._writer is None else self._writer.size)

    @property
    def share(self) -> float:
        """How much of the allowed size is used, in [0, 1]."""
        return self.size / self._bounds.max_bytes

    @property
    def message_count(self) -> int:
        """Number of messages on disk."""
        return sum(summary.message_count for summary in self._files.values())

    def begin(self, part: str) -> None:
        """End the present file and begin another one.

        Raises:
            BagFull: There is no room for it.
            OSError: It cannot be written.
        """
        self.close()
        self._check_room(len(empty_file(self._topics)[0]))
        writer = McapWriter(_free_path(self._directory, part), self._topics)
        self._writer = writer
        self._files[writer.path.name] = writer.summary
        self._write_metadata()

    def write(self, topic: int, received_ns: int, sent_ns: int, data: bytes) -> None:
        """Add a message to the present file; it is on disk after the next `flush`."""
        if self._writer is None:
            raise BagError(f"{self._directory} has no file to write to, call begin first")
        self._writer.write(topic, received_ns, sent_ns, data)

    def flush(self) -> None:
        """Write what was added.

        Raises:
            BagFull: There is no room for it.
            OSError: It cannot be written.
        """
        if self._writer is None or self._writer.pending_size == 0:
            return
        self._check_room()
        self._writer.flush()
        self._write_metadata()

    def discard(self) -> None:
        """Forget what was added since the last `flush`."""
        if self._writer is not None:
            self._writer.discard()

    def close(self) -> None:
        """Write everything that there is room for and end the present file."""
        if self._writer is None:
            return
        try:
            self.flush()
        finally:
            writer, self._writer = self._writer, None
            writer.discard()
            writer.close()
            self._size += writer.path.stat().st_size

    def _check_room(self, needed: int = 0) -> None:
        if self.size + needed > self._bounds.max_bytes:
            raise BagFull(
                f"{self._directory} has reached its bound of {self._bounds.max_bytes} bytes"
            )
        free = shutil.disk_usage(self._directory).free
        if free < self._bounds.min_free_bytes:
            raise BagFull(
                f"{free} bytes are free on the disk of {self._directory}, "
                f"{self._bounds.min_free_bytes} are to stay free"
            )

    def _write_metadata(self) -> None:
        atomic.write_text(self._directory / FILE_NAME, metadata_text(self._files))


def repair(directory: Path) -> list[Path]:
    """Mend the files of a bag that a kill has torn, and write its metadata anew if it lags.

    A bag that is being written is left alone.

    Returns:
        The files that were mended.

    Raises:
        BagError: A file is no MCAP file.
    """
    paths = sorted(directory.glob("*.mcap"))
    if any(mcap_recovery.being_written(path) for path in paths):
        return []
    mended = [path for path in paths if mcap_recovery.mend(path)]
    files = summaries(directory)
    with decoding(directory, BagError):
        text = metadata_text(files)
    path = directory / FILE_NAME
    if files and not _holds(path, text):
        atomic.write_text(path, text)
    return mended


def _holds(path: Path, text: str) -> bool:
    """Tell whether a file has this text."""
    try:
        return read_foreign(path, len(text.encode())) == text.encode()
    except OSError:
        return False


def summaries(directory: Path) -> dict[str, Summary]:
    """Return what each file of a bag holds, by its name, in the order of time.

    Raises:
        BagError: A file is torn, or no MCAP file.
    """
    found = {path.name: read_summary(path) for path in directory.glob("*.mcap")}

    def begin(name: str) -> tuple[float, str]:
        start_ns = found[name].start_ns
        return (math.inf if start_ns is None else start_ns, name)

    return {name: found[name] for name in sorted(found, key=begin)}


def _free_path(directory: Path, part: str) -> Path:
    """Return the path of a new file for a part."""
    for count in itertools.count(1):
        path = directory / (f"{part}.mcap" if count == 1 else f"{part}_{count}.mcap")
        if not path.exists():
            break
    return path
