"""What is seen of a running graph in a few seconds, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Endpoint(NamedTuple):
    """A publisher or subscription: its node, type of messages and quality of service."""

    node: str
    kind: str
    reliable: bool
    latched: bool


@dataclass(frozen=True)
class Endpoints:
    """Who publishes and who subscribes."""

    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()


@dataclass(frozen=True)
class TopicTraffic:
    """What came on a topic while it was listened to.

    Attributes:
        count: Number of messages.
        seconds: How long was listened [s].
        age: Time since the last message [s].
        stamp: Stamp of the last message [s].
        lag: Largest difference of the wall clock and a stamp at its arrival [s].
        advanced: How far the stamps went [s].
        frame: The last message's frame_id.
    """

    count: int
    seconds: float
    age: float = 0.0
    stamp: float = 0.0
    lag: float = 0.0
    advanced: float = 0.0
    frame: str = ""

    @property
    def rate(self) -> float:
        """Messages a second [Hz]."""
        return self.count / self.seconds


class Joints(NamedTuple):
    """The last joint state: names, positions [rad or m], velocities [rad/s or m/s]."""

    names: tuple[str, ...]
    positions: tuple[float, ...]
    velocities: tuple[float, ...]


class Status(NamedTuple):
    """The last entry of a name on /diagnostics: node, thing, level (ROS's number), message."""

    node: str
    thing: str
    level: int
    message: str


@dataclass(frozen=True)
class Snapshot:
    """Everything that the checks look at.

    Attributes:
        nodes: Fully qualified names, one entry a node.
        topics: By fully qualified name.
        services: Fully qualified names.
        streams: What came, by topic.
        joints: The last joint state, if one came.
        statuses: Entries of /diagnostics.
        parameters: Values of ``task`` and ``real_time_factor`` that the nodes told, by node.
        tasks: Identity of each task that is found here, by what nodes call it.
        silent: Nodes that did not answer when asked for parameters.
        environment: Versions and settings, by name.
    """

    nodes: tuple[str, ...] = ()
    topics: Mapping[str, Endpoints] = field(default_factory=dict)
    services: frozenset[str] = frozenset()
    streams: Mapping[str, TopicTraffic] = field(default_factory=dict)
    joints: Joints | None = None
    statuses: tuple[Status, ...] = ()
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
