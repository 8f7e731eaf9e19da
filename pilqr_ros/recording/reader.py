"""Reading the messages of a bag, decoded by the definitions that the bag itself carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from pilqr_ros.foreign_file import decoding
from pilqr_ros.recording import mcap_file
from pilqr_ros.recording.bag import FOLDER, repair, summaries
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.mcap_summary import extreme

MAX_DEFINITION = 2**16
"""Longest definition of a message type that is parsed [characters]."""


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
    if not bag.is_dir() or not any(bag.glob("*.mcap")):
        raise BagError(f"{path} is no bag of MCAP files, and no run that has one")
    if mended:
        # What may not be written may be whole all the same.
        with suppress(PermissionError):
            repair(bag)
    return bag


def bag_info(bag: Path) -> BagInfo:
    """Return a bag in short, as its files tell it.

    Raises:
        BagError: It is damaged.
    """
    counts: dict[tuple[str, str], int] = {}
    start = end = None
    found = summaries(bag)
    for summary in found.values():
        for number, topic in summary.topics.items():
            key = (topic.name, topic.type)
            counts[key] = counts.get(key, 0) + summary.counts.get(number, 0)
        if summary.start_ns is not None and summary.end_ns is not None:
            start = extreme(min, start, summary.start_ns)
            end = extreme(max, end, summary.end_ns)
    seconds = 0.0 if start is None or end is None else (end - start) * 1e-9
    files = {name: (bag / name).stat().st_size for name in sorted(found)}
    topics = tuple(TopicCount(*key, count) for key, count in counts.items())
    return BagInfo(bag, files, seconds, topics)


def read_messages(bag: Path, *types: str) -> Iterator[Any]:
    """Yield the decoded messages of some types, in the order in which they were recorded.

    Args:
        bag: The bag.
        types: Names of message types, as ``pilqr_msgs/msg/Rollout``.

    Raises:
        BagError: The bag is damaged.
    """
    stores: dict[tuple[str, str], Typestore] = {}
    for name, summary in summaries(bag).items():
        path = bag / name
        chosen = {number: one for number, one in summary.topics.items() if one.type in types}
        with decoding(path, BagError):
            for one in chosen.values():
                key = (one.type, one.definition)
                stores[key] = stores.get(key) or _typestore(*key)
            for message in mcap_file.read_messages(path, set(chosen)):
                topic = chosen[message.channel_id]
                store = stores[topic.type, topic.definition]
                yield store.deserialize_cdr(message.data, topic.type)


def _typestore(kind: str, definition: str) -> Typestore:
    """Return a store of a type by its own definition."""
    if len(definition) > MAX_DEFINITION:
        allowed = f"allowed are {MAX_DEFINITION}"
        raise BagError(f"{kind} is defined in {len(definition)} characters, {allowed}")
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(definition, kind))
    return store
