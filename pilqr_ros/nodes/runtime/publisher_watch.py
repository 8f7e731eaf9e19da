"""Notices other nodes that publish on a topic which is one node's alone."""

from __future__ import annotations

from collections.abc import Sequence

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.topic_endpoint_info import TopicEndpointInfo

from pilqr_ros.nodes.messages.wiring import UNKNOWN_NODE

WATCH_NS = 250_000_000
"""How often is looked for others [ns]."""

NAMELESS_NS = 1_000_000_000
"""How long an endpoint may be without a known node before it counts [ns]: its name comes later."""


GHOST_NS = 30_000_000_000
"""How long a predecessor's endpoint may be there [ns]: a middleware forgets a killed process after
its lease, 20 s with Fast DDS and 10 s with Cyclone DDS."""


class PublisherWatch:
    """Watches a node's topic; to be looked at often, it counts endpoints a few times a second.

    A node is told from its namesakes by its endpoints' identity (GID), not by its name. Whoever
    has the name, too, and comes later than this node counts at once. Who was there before may be
    what a predecessor that was killed has left behind in discovery, which is only gone after a
    while: it counts if it is still there after `GHOST_NS`.

    It sees what discovery tells. So it does not see who publishes for less than `WATCH_NS`, who is
    in another domain or not found from here, and, for `GHOST_NS`, a namesake that was there first.

    Attributes:
        others: Names of the other nodes that publish, with commas; empty if there is none.
    """

    def __init__(self, node: Node, publisher: Publisher) -> None:
        """Begin to watch the topic of a node's publisher, which has just been created."""
        self.others = ""
        self._node, self._topic = node, publisher.topic_name
        self._own_name = node.get_fully_qualified_name()
        self._first = self._namesakes(node.get_publishers_info_by_topic(self._topic))
        self._began_ns: int | None = None
        self._due_ns = 0
        self._nameless_since_ns: int | None = None

    def look(self, now_ns: int) -> bool:
        """Tell whether the others are not the same as before.

        Args:
            now_ns: Present time on the steady clock [ns].
        """
        if now_ns < self._due_ns:
            return False
        self._due_ns = now_ns + WATCH_NS
        if self._began_ns is None:
            self._began_ns = now_ns
        before, self.others = self.others, self._find(now_ns)
        return self.others != before

    def _find(self, now_ns: int) -> str:
        """Return who else publishes."""
        if self._node.count_publishers(self._topic) <= 1:
            self._nameless_since_ns = None
            return ""
        found = self._node.get_publishers_info_by_topic(self._topic)
        names = {_full_name(info) for info in found if info.node_name != UNKNOWN_NODE}
        names.discard(self._own_name)
        if self._is_doubled(found, now_ns):
            names.add(f"another node with the name {self._own_name}")
        if self._nameless_stays(any(info.node_name == UNKNOWN_NODE for info in found), now_ns):
            names.add("a program that is no node")
        return ", ".join(sorted(names))

    def _is_doubled(self, found: Sequence[TopicEndpointInfo], now_ns: int) -> bool:
        """Tell whether somebody else has this node's name, and is no predecessor's trace."""
        present = self._namesakes(found)
        old = self._began_ns is not None and now_ns - self._began_ns > GHOST_NS
        return len(present) > 1 and (old or not present <= self._first)

    def _namesakes(self, found: Sequence[TopicEndpointInfo]) -> set[bytes]:
        """Return the identities of the endpoints whose node has this one's name: its own, too."""
        return {bytes(info.endpoint_gid) for info in found if _full_name(info) == self._own_name}

    def _nameless_stays(self, is_there: bool, now_ns: int) -> bool:
        """Tell whether an endpoint without a node has been there for long."""
        if not is_there:
            self._nameless_since_ns = None
            return False
        if self._nameless_since_ns is None:
            self._nameless_since_ns = now_ns
        return now_ns - self._nameless_since_ns > NAMELESS_NS


def _full_name(info: TopicEndpointInfo) -> str:
    return f"{info.node_namespace.rstrip('/')}/{info.node_name}"
