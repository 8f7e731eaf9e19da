"""When the work on a run has ended for who waits for it; the recorder is played by hand."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from pilqr_msgs.msg import RecorderStatus
from pilqr_ros.nodes.training import run_announcer
from pilqr_ros.nodes.training.run_announcer import RunAnnouncer
from pilqr_ros.nodes.training.stop import Stop

RUN = "/runs/one"
STORE = SimpleNamespace(directory=Path(RUN), own_files=dict)
LONG = 30.0


class FakeNode:
    """Plays the node; its recorder begins and ends bags as it is told, or is silent."""

    def __init__(self, recorder="answers"):
        self.recorder, self.warnings, self.told = recorder, [], []

    def create_publisher(self, *_):
        return self

    def create_subscription(self, _kind, _topic, on_status, _profile):
        self.on_status = on_status

    def publish(self, message):
        self.told.append(message.active)
        if message.active or self.recorder == "answers":
            self.on_status(RecorderStatus(recording=True, run_directory=message.run_directory))

    def get_clock(self):
        stamp = RecorderStatus().header.stamp
        return SimpleNamespace(now=lambda: SimpleNamespace(to_msg=lambda: stamp))

    def get_logger(self):
        return SimpleNamespace(warning=self.warnings.append)


def begun(node):
    announcer = RunAnnouncer(node, recorded=True)
    announcer.begin(STORE, "iteration_000", Stop())
    return announcer


def ending(announcer):
    thread = threading.Thread(target=announcer.end)
    thread.start()
    return thread


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(run_announcer, "BAG_TIMEOUT", LONG)


def test_the_work_ends_when_the_bag_does(patient):
    node = FakeNode("never ends a bag")
    end = ending(begun(node))
    end.join(0.2)
    assert end.is_alive()
    node.on_status(RecorderStatus())
    end.join(LONG / 2)
    assert not end.is_alive()
    assert (node.told, node.warnings) == ([True, False], [])


def test_a_recorder_that_never_ends_the_bag_is_told_of(monkeypatch):
    monkeypatch.setattr(run_announcer, "BAG_TIMEOUT", 0.1)
    node = FakeNode("never ends a bag")
    begun(node).end()
    (said,) = node.warnings
    assert "recorder did not end the bag" in said


def test_a_node_that_ends_waits_for_no_bag(patient):
    announcer = begun(FakeNode("never ends a bag"))
    end = ending(announcer)
    announcer.close()
    end.join(LONG / 2)
    assert not end.is_alive()
    node = FakeNode("never ends a bag")
    announcer = begun(node)
    announcer.close()
    announcer.end()
    assert node.told == [True], "a learner that comes back goes on with the bag"


def test_work_that_was_never_told_of_has_no_end(patient):
    node = FakeNode()
    RunAnnouncer(node, recorded=True).end()
    assert (node.told, node.warnings) == ([], [])
