"""Who else publishes on a topic, from what discovery tells; no node runs."""

from types import SimpleNamespace as Record

import pytest

from pilqr_ros.nodes.messages.wiring import UNKNOWN_NODE
from pilqr_ros.nodes.runtime.publisher_watch import NAMELESS_NS, WATCH_NS, PublisherWatch

OWN = ("effort_guard", "/left")


class Graph:
    """A node that sees the publishers of a topic."""

    def __init__(self):
        self.seen, self.asked, self.counted = [OWN], 0, 0

    def get_fully_qualified_name(self):
        return "/left/effort_guard"

    def count_publishers(self, topic):
        assert topic == "/left/commands"
        self.counted += 1
        return len(self.seen)

    def get_publishers_info_by_topic(self, topic):
        self.asked += 1
        return [Record(node_name=name, node_namespace=space) for name, space in self.seen]


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
def watch(graph):
    watch = PublisherWatch(graph, Record(topic_name="/left/commands"))
    watch.now = 0
    return watch


def look(watch, after=WATCH_NS):
    watch.now += after
    return watch.look(watch.now)


def test_another_node_is_told_once_by_its_full_name_and_that_it_is_gone(watch, graph):
    assert not look(watch)
    graph.seen = [OWN, ("gripper", "/"), ("effort_guard", "/right")]
    assert look(watch)
    assert watch.others == "/gripper, /right/effort_guard"
    assert not look(watch)
    graph.seen = [OWN]
    assert look(watch)
    assert watch.others == ""


def test_what_a_killed_guard_left_behind_does_not_count(watch, graph):
    graph.seen = [OWN, OWN]
    assert not look(watch)
    assert watch.others == ""


def test_who_stays_without_a_name_counts_after_a_while(watch, graph):
    graph.seen = [OWN, (UNKNOWN_NODE, UNKNOWN_NODE)]
    assert not look(watch)
    assert not look(watch, NAMELESS_NS)
    assert look(watch)
    assert watch.others == "a program that is no node"


def test_a_name_that_comes_late_is_waited_for(watch, graph):
    for _ in range(3):
        graph.seen = [OWN, (UNKNOWN_NODE, UNKNOWN_NODE)]
        assert not look(watch)
        graph.seen = [OWN, OWN]
        assert not look(watch, NAMELESS_NS)


def test_alone_it_only_counts_and_that_a_few_times_a_second(watch, graph):
    for _ in range(1000):
        look(watch, 1_000_000)
    assert graph.asked == 0
    assert graph.counted <= 1 + 1_000_000_000 // WATCH_NS
