"""What a graph that is started leaves for its guard; no node runs."""

import pytest

from pilqr_ros import graph
from pilqr_ros.errors import PilqrError
from pilqr_ros.robot.guard.safety_record import SafetyRecord, SafetyState, record_path


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def prepare(*nodes, **options):
    lines = []
    chosen = graph.GraphOptions(**options)
    graph.prepare_guard(chosen, nodes, lambda name, line: lines.append((name, line)))
    return lines


@pytest.mark.parametrize(
    ("options", "state"),
    [
        ({}, SafetyState.ENABLED),
        ({"start_enabled": False}, SafetyState.DISABLED),
        ({"hardware": True}, SafetyState.DISABLED),
    ],
)
def test_the_guard_starts_as_the_options_say(options, state):
    assert prepare("effort_guard", namespace="left", **options) == []
    assert SafetyRecord(record_path("/left")).read().state is state


def test_a_stop_stays_and_is_told_with_what_to_do():
    SafetyRecord(record_path("")).write(SafetyState.STOPPED, "topic estop")
    ((name, line),) = prepare("effort_guard")
    assert name == "effort_guard"
    assert line.startswith("EMERGENCY STOP (topic estop, since 20")
    assert "`pilqr guard reset` and then `pilqr guard enable`" in line


def test_where_no_guard_is_started_nothing_is_recorded(home):
    assert prepare("mujoco_bridge") == []
    assert list(home.iterdir()) == []


def test_a_graph_whose_stop_could_not_be_kept_is_not_started(monkeypatch, home):
    (home / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "file"))
    with (
        pytest.raises(PilqrError, match=r"record .*/file/pilqr_ros/guard/.*: it cannot be written"),
        graph.running_graph(graph.GraphOptions(namespace="guard_record"), nodes=graph.NODES[1:2]),
    ):
        pass
