"""Who else publishes on a topic, from what discovery tells; no node runs."""

from types import SimpleNamespace as Record

import pytest

from pilqr_ros.nodes.messages.wiring import UNKNOWN_NODE
from pilqr_ros.nodes.runtime.publisher_watch import GHOST_NS, NAMELESS_NS, WATCH_NS, PublisherWatch

OWN = ("effort_guard", "/left", 1)
TWIN = ("effort_guard", "/left", 2)
NAMELESS = (UNKNOWN_NODE, UNKNOWN_NODE, 2)
TWIN_TOLD = "another node with the name /left/effort_guard"


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
        return [
            Record(node_name=name, node_namespace=space, endpoint_gid=[number] * 16)
            for name, space, number in self.seen
        ]


@pytest.fixture
def graph():
    return Graph()


def begin(graph):
    watch = PublisherWatch(graph, Record(topic_name="/left/commands"))
    watch.now = 0
    return watch


@pytest.fixture
def watch(graph):
    return begin(graph)


def look(watch, after=WATCH_NS):
    watch.now += after
    return watch.look(watch.now)


def test_another_node_is_told_once_by_its_full_name_and_that_it_is_gone(watch, graph):
    assert not look(watch)
    graph.seen = [OWN, ("gripper", "/", 2), ("effort_guard", "/right", 3)]
    assert look(watch)
    assert watch.others == "/gripper, /right/effort_guard"
    assert not look(watch)
    graph.seen = [OWN]
    assert look(watch)
    assert watch.others == ""


def test_a_node_of_the_guards_own_name_is_told_at_once(watch, graph):
    assert not look(watch)
    graph.seen = [TWIN, OWN]
    assert look(watch)
    assert watch.others == TWIN_TOLD
    graph.seen = [OWN]
    assert look(watch)
    assert watch.others == ""


def test_what_a_killed_guard_left_behind_does_not_count_until_it_should_be_gone(graph):
    graph.seen = [TWIN, OWN]
    watch = begin(graph)
    assert not look(watch)
    assert not look(watch, GHOST_NS)
    graph.seen = [OWN]
    assert not look(watch)
    assert watch.others == ""


def test_a_namesake_that_was_there_first_counts_when_it_stays(graph):
    graph.seen = [TWIN, OWN]
    watch = begin(graph)
    assert not look(watch)
    assert look(watch, GHOST_NS + 1)
    assert watch.others == TWIN_TOLD


def test_of_two_namesakes_the_one_that_comes_later_counts_at_once(graph):
    graph.seen = [TWIN, OWN]
    watch = begin(graph)
    assert not look(watch)
    graph.seen = [TWIN, OWN, (*OWN[:2], 3)]
    assert look(watch)


def test_an_own_endpoint_that_discovery_tells_late_is_no_other_node(graph):
    graph.seen = []
    watch = begin(graph)
    graph.seen = [OWN, ("gripper", "/", 2)]
    assert look(watch)
    assert watch.others == "/gripper"


def test_who_stays_without_a_name_counts_after_a_while(watch, graph):
    graph.seen = [OWN, NAMELESS]
    assert not look(watch)
    assert not look(watch, NAMELESS_NS)
    assert look(watch)
    assert watch.others == "a program that is no node"


def test_a_name_that_comes_late_is_waited_for(watch, graph):
    for _ in range(3):
        graph.seen = [OWN, NAMELESS]
        assert not look(watch)
        graph.seen = [OWN, ("gripper", "/", 2)]
        assert look(watch, NAMELESS_NS)
        assert watch.others == "/gripper"
        graph.seen = [OWN]
        assert look(watch)


def test_alone_it_only_counts_and_that_a_few_times_a_second(watch, graph):
    for _ in range(1000):
        look(watch, 1_000_000)
    assert graph.asked == 1  # at the start
    assert graph.counted <= 1 + 1_000_000_000 // WATCH_NS
