"""A topic that is recorded."""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

FOREVER = {"sec": 9223372036, "nsec": 854775807}
"""An infinite duration, as rosbag2 writes it."""


class BagTopic(NamedTuple):
    """A topic and its type.

    Attributes:
        name: Absolute name.
        type: Name of the message type, as ``std_msgs/msg/Header``.
        definition: The type's definition with those that it needs, as rosbag2 stores it.
        type_hash: The type's hash (REP 2016).
        qos: The offered quality of service, a list of profiles as YAML.
    """

    name: str
    type: str
    definition: str
    type_hash: str
    qos: str


def offered_qos(*, reliable: bool, latched: bool, depth: int) -> str:
    """Return a profile in the words of rosbag2's metadata, version 9."""
    profile: dict[str, Any] = {
        "history": "keep_last",
        "depth": depth,
        "reliability": "reliable" if reliable else "best_effort",
        "durability": "transient_local" if latched else "volatile",
        "deadline": dict(FOREVER),
        "lifespan": dict(FOREVER),
        "liveliness": "automatic",
        "liveliness_lease_duration": dict(FOREVER),
        "avoid_ros_namespace_conventions": False,
    }
    return yaml.safe_dump([profile], sort_keys=False).strip()
