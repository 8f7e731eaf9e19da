import json
import os
import stat

import pytest

from pilqr_ros import synced_file
from pilqr_ros.robot.guard.errors import RecordError
from pilqr_ros.robot.guard.safety_record import SafetyRecord, SafetyState, record_path

NOW = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def record(tmp_path):
    return SafetyRecord(tmp_path / "guard" / "0_.json", lambda: NOW)


@pytest.mark.parametrize("state", list(SafetyState))
def test_what_was_written_is_read_by_the_next_process(record, state):
    record.write(state, "a hand")
    assert SafetyRecord(record.path).read() == (state, "a hand", NOW)


def test_without_a_record_nothing_is_known(record):
    with pytest.raises(RecordError, match=r"0_\.json: there is none"):
        record.read()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b'{"state": "enabled"}',
        b'{"state": "on", "reason": "", "since": ""}',
        b"\xff\xfe",
        b"[" * 9000,
    ],
)
def test_what_is_no_record_is_refused(record, content):
    record.path.parent.mkdir()
    record.path.write_bytes(content)
    with pytest.raises(RecordError, match="it cannot be read"):
        record.read()
    assert "it cannot be read" in record.prepare(enabled=True)
    assert record.path.read_bytes() == content


def test_a_pipe_in_the_place_of_a_record_is_refused_at_once(record):
    record.path.parent.mkdir()
    os.mkfifo(record.path)
    with pytest.raises(RecordError, match="it cannot be read"):
        record.read()


def test_a_written_state_has_been_synced_and_so_has_its_folder(record, monkeypatch):
    """In this order: the content, its name, the folder that holds the name."""
    done = []
    sync = os.fsync

    def note_sync(handle):
        status = os.fstat(handle)
        what = "folder" if stat.S_ISDIR(status.st_mode) else "content"
        assert what == "folder" or status.st_size > 0  # else nothing was handed to the system yet
        done.append((what, record.path.exists()))
        sync(handle)

    monkeypatch.setattr(synced_file.os, "fsync", note_sync)
    record.write(SafetyState.STOPPED, "a hand")
    assert done == [("content", False), ("folder", True)]


@pytest.fixture
def full(record, monkeypatch):
    """A record on a disk that has become full."""

    def fail(path, write):
        raise OSError(28, "No space left on device")

    record.write(SafetyState.ENABLED)
    monkeypatch.setattr("pilqr_ros.robot.guard.safety_record.replace_file", fail)
    return record


@pytest.mark.parametrize("state", [SafetyState.STOPPED, SafetyState.DISABLED])
def test_a_stop_that_cannot_be_written_leaves_nothing_that_says_enabled(full, state):
    with pytest.raises(RecordError, match=r"No space left on device.*anew will be stopped"):
        full.write(state)
    with pytest.raises(RecordError, match="it cannot be read"):
        full.read()
    assert full.prepare(enabled=True)  # a graph that is started does not take it for the first


def test_enabling_that_cannot_be_written_changes_nothing(full):
    with pytest.raises(RecordError, match="No space left on device"):
        full.write(SafetyState.ENABLED)
    assert full.read().state is SafetyState.ENABLED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_stop_counts_in_a_folder_without_the_right_to_write(record):
    record.write(SafetyState.ENABLED)
    record.path.parent.chmod(0o500)
    try:
        with pytest.raises(RecordError, match=r"Permission denied.*anew will be stopped"):
            record.write(SafetyState.STOPPED)
        with pytest.raises(RecordError, match="it cannot be read"):
            record.read()
    finally:
        record.path.parent.chmod(0o700)


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize("before", [None, SafetyState.ENABLED, SafetyState.DISABLED])
def test_a_graph_that_is_started_says_what_its_guard_starts_with(record, before, enabled):
    if before is not None:
        record.write(before)
    assert record.prepare(enabled=enabled) == ""
    assert record.read().state is (SafetyState.ENABLED if enabled else SafetyState.DISABLED)


def test_a_stop_outlives_the_graph_and_is_told(record):
    record.write(SafetyState.STOPPED, "topic estop")
    assert record.prepare(enabled=True) == f"topic estop, since {NOW}"
    assert record.read().state is SafetyState.STOPPED


def test_a_reason_of_any_length_is_kept_readable(record):
    record.write(SafetyState.STOPPED, "ü" * 10**6)
    assert record.read().reason.startswith("ü" * 100)
    assert isinstance(json.loads(record.path.read_text()), dict)


def test_each_domain_and_namespace_has_a_record_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    assert record_path("/left/arm") == tmp_path / "pilqr_ros" / "guard" / "7_left.arm.json"
    assert record_path("left/arm/") == record_path("/left/arm")
    monkeypatch.delenv("ROS_DOMAIN_ID")
    assert record_path("/", "/var/lib/arm").name == "0_.json"
    assert record_path("", "/var/lib/arm").parent.as_posix() == "/var/lib/arm"
