"""What a graph that is started leaves for its guard; no node runs."""

import pytest

from pilqr_ros import graph
from pilqr_ros.errors import PilqrError
from pilqr_ros.graph import exclusive
from pilqr_ros.graph.guard_record import reset_record, stop_record
from pilqr_ros.robot.guard.safety_record import SafetyRecord, SafetyState, record_path


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def prepare(*nodes, needs_torque=False, **options):
    lines = []
    graph.prepare_guard(
        graph.GraphOptions(**options),
        nodes,
        lambda name, line: lines.append((name, line)),
        needs_torque=needs_torque,
    )
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


def test_what_needs_torque_is_not_started_with_a_stop_and_says_which_and_what_to_do(home):
    SafetyRecord(record_path("/left")).write(SafetyState.STOPPED, "topic estop")
    with (
        pytest.raises(PilqrError, match=r"\(topic estop, since 20.*guard reset --namespace left`"),
        graph.running_graph(graph.GraphOptions(namespace="left"), needs_torque=True),
    ):
        pass
    assert prepare("effort_guard", needs_torque=True) == []


def test_without_a_guard_the_record_is_reset_and_what_is_released_is_told():
    record = SafetyRecord(record_path("/left"))
    record.write(SafetyState.STOPPED, "topic estop")
    told = reset_record("left")
    assert "no effort_guard runs in ROS domain" in told
    assert "namespace '/left'" in told
    assert "(topic estop, since 20" in told
    assert str(record.path) in told
    assert record.read().state is SafetyState.DISABLED
    assert prepare("effort_guard", needs_torque=True, namespace="left") == []


@pytest.mark.parametrize("before", [None, SafetyState.ENABLED])
def test_without_a_guard_and_without_a_stop_there_is_nothing_to_reset(before):
    record = SafetyRecord(record_path("left"))
    if before is not None:
        record.write(before)
    with pytest.raises(PilqrError, match=r"nothing to reset for the next: record .*_left\.json"):
        reset_record("left")
    assert record.path.exists() == (before is not None)


def test_the_record_of_a_guard_that_runs_is_not_reset(monkeypatch):
    """Whoever holds its place is a guard, though it may answer nobody."""
    record = SafetyRecord(record_path("left"))
    record.write(SafetyState.STOPPED, "topic estop")
    monkeypatch.setattr(exclusive, "PATIENCE", 0.1)
    with (
        exclusive.held("effort_guard", "left"),
        pytest.raises(PilqrError, match="another effort_guard is running"),
    ):
        reset_record("left")
    assert record.read().state is SafetyState.STOPPED


def test_a_stop_without_a_guard_is_for_the_next_one():
    told = stop_record("left")
    assert "no effort_guard runs in ROS domain" in told
    assert "`pilqr guard reset --namespace left`" in told
    assert SafetyRecord(record_path("left")).read().state is SafetyState.STOPPED
    with pytest.raises(PilqrError, match=r"EMERGENCY STOP .*while no guard ran"):
        prepare("effort_guard", needs_torque=True, namespace="left")
    reset_record("left")
    assert prepare("effort_guard", needs_torque=True, namespace="left") == []


def test_a_guard_that_runs_is_not_stopped_behind_its_back(monkeypatch):
    monkeypatch.setattr(exclusive, "PATIENCE", 0.1)
    with (
        exclusive.held("effort_guard", "left"),
        pytest.raises(PilqrError, match="another effort_guard is running"),
    ):
        stop_record("left")
    assert not record_path("left").exists()


def test_a_stop_that_cannot_be_recorded_is_told(monkeypatch, home):
    (home / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "file"))
    with pytest.raises(
        PilqrError, match=r"the next one is not stopped: record .*cannot be written"
    ):
        stop_record("left")


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


def test_each_robots_guard_has_a_record_and_one_stop_leaves_the_others_to_work():
    robots = {"robots": "left,right", "namespace": "lab", "needs_torque": True}
    left, right = (SafetyRecord(record_path(f"lab/{name}")) for name in ("left", "right"))
    left.write(SafetyState.STOPPED, "a test")
    ((_, line),) = prepare("effort_guard", **robots)
    assert "`pilqr guard reset --namespace lab/left`" in line
    assert left.read().state is SafetyState.STOPPED
    assert right.read().state is SafetyState.ENABLED
    right.write(SafetyState.STOPPED, "a test")
    with pytest.raises(PilqrError, match="no torque passes until"):
        prepare("effort_guard", **robots)
