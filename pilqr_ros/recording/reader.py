"""Reading the messages of a bag, decoded by the definitions that the bag itself carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Reader, ReaderError
from rosbags.serde import SerdeError
from rosbags.typesys import Stores, TypesysError, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from pilqr_ros.recording.bag import FOLDER, repair
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.metadata import FILE_NAME

_READER_ERRORS = (ReaderError, SerdeError, TypesysError, OSError, ValueError, AssertionError)
"""What `rosbags` raises at a bag that is damaged."""


class TopicCount(NamedTuple):
    """A topic, its message type, and how many messages of it there are."""

    name: str
    type: str
    messages: int


@dataclass(frozen=True)
class BagInfo:
    """A bag in short.

    Attributes:
        directory: Where it is.
        files: Its files and their sizes [bytes].
        seconds: Time from the first message to the last [s].
        topics: Its topics.
    """

    directory: Path
    files: dict[str, int]
    seconds: float
    topics: tuple[TopicCount, ...]

    @property
    def message_count(self) -> int:
        """Number of messages of all topics."""
        return sum(topic.messages for topic in self.topics)


def find_bag(path: Path, *, mended: bool = True) -> Path:
    """Return the bag that a path is, or that the run at a path has.

    Args:
        path: A bag, or a run.
        mended: Whether to mend a bag first whose recorder was killed, where it may be written.

    Raises:
        BagError: There is none.
    """
    bag = path / FOLDER if (path / FOLDER).is_dir() else path
    if not bag.is_dir() or not (list(bag.glob("*.mcap")) or (bag / FILE_NAME).exists()):
        raise BagError(f"{path} is no bag, and no run that has one")
    if mended:
        # What may not be written may be whole all the same.
        with suppress(PermissionError):
            repair(bag)
    return bag


def bag_info(bag: Path) -> BagInfo:
    """Return a bag in short.

    Raises:
        BagError: It is damaged.
    """
    try:
        with Reader(bag) as reader:
            topics = tuple(
                TopicCount(one.topic, one.msgtype, one.msgcount) for one in reader.connections
            )
            seconds = reader.duration * 1e-9
    except _READER_ERRORS as error:
        raise BagError(f"{bag} cannot be read: {error}") from error
    files = {path.name: path.stat().st_size for path in sorted(bag.glob("*.mcap"))}
    return BagInfo(bag, files, seconds, topics)


def read_messages(bag: Path, *types: str) -> Iterator[Any]:
    """Yield the decoded messages of some types, in the order in which they were recorded.

    Args:
        bag: The bag.
        types: Names of message types, as ``pilqr_msgs/msg/Rollout``.

    Raises:
        BagError: The bag is damaged.
    """
    try:
        with Reader(bag) as reader:
            chosen = [one for one in reader.connections if one.msgtype in types]
            store = _typestore(chosen)
            if chosen:
                for connection, _, data in reader.messages(chosen):
                    yield store.deserialize_cdr(data, connection.msgtype)
    except _READER_ERRORS as error:
        raise BagError(f"{bag} cannot be read: {error}") from error


def _typestore(connections: list[Connection]) -> Typestore:
    """Return a store of the types that connections need, by their own definitions."""
    store = get_typestore(Stores.EMPTY)
    types = {}
    for connection in connections:
        types.update(get_types_from_msg(connection.msgdef.data, connection.msgtype))
    store.register(types)
    return store
