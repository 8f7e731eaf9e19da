import errno
import json
import os
import stat

import pytest

from pilqr_ros import synced_file
from pilqr_ros.robot.guard.errors import NoRecordError, RecordError
from pilqr_ros.robot.guard.safety_record import SafetyEntry, SafetyRecord, SafetyState, record_path

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


def fail_with(number):
    def fail(*_arguments, **_options):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.fixture
def full(record, monkeypatch):
    """A record on a disk that has become full: no content can be written any more."""
    record.write(SafetyState.ENABLED)
    monkeypatch.setattr("pilqr_ros.robot.guard.safety_record.replace_file", fail_with(errno.ENOSPC))
    return record


@pytest.mark.parametrize("state", [SafetyState.STOPPED, SafetyState.DISABLED])
def test_a_stop_that_cannot_be_written_leaves_nothing_that_says_enabled(full, state):
    with pytest.raises(RecordError, match=r"No space left on device.*anew will be stopped"):
        full.write(state)
    with pytest.raises(RecordError, match="it cannot be read"):
        full.read()
    assert full.prepare(enabled=True)  # a graph that is started does not take it for the first


@pytest.mark.parametrize("content", [b"{", None, "pipe", "link"])
@pytest.mark.parametrize("in_place", [True, False])
def test_whatever_was_there_a_stop_that_cannot_be_written_leaves_a_name(
    full, monkeypatch, content, in_place
):
    """In place, or, where the system allows that no more than writing, by an empty file."""
    full.path.unlink()
    if content == "pipe":
        os.mkfifo(full.path)
    elif content == "link":
        full.path.symlink_to("nowhere")
    elif content is not None:
        full.path.write_bytes(content)
    if not in_place:
        monkeypatch.setattr(synced_file, "EMPTIED", os.O_DIRECTORY)
    with pytest.raises(RecordError, match="anew will be stopped"):
        full.write(SafetyState.STOPPED)
    assert "cannot be read" in full.prepare(enabled=True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("before", [None, SafetyState.ENABLED, SafetyState.STOPPED])
def test_where_nothing_can_be_changed_nothing_is_removed_and_that_is_told(
    record, monkeypatch, before, number
):
    if before is not None:
        record.write(before)
    names = [path.name for path in record.path.parent.glob("*")]
    for name in ("open", "replace", "rename"):
        monkeypatch.setattr(os, name, fail_with(number))
    for name in ("open", "mkdir", "replace"):
        monkeypatch.setattr(f"pathlib.Path.{name}", fail_with(number))
    stays = "anew will be stopped" if before is SafetyState.STOPPED else "nor emptied"
    monkeypatch.setattr(record, "read", reader(record.path, before))
    with pytest.raises(RecordError, match=stays):
        record.write(SafetyState.STOPPED)
    monkeypatch.undo()
    assert [path.name for path in record.path.parent.glob("*")] == names


def reader(path, state):
    """Return what reads a record without the calls that fail: reading goes on."""

    def read():
        if state is None:
            raise NoRecordError(path)
        return SafetyEntry(state, "", NOW)

    return read


def test_a_stop_brings_back_a_folder_that_is_gone(record):
    record.write(SafetyState.ENABLED)
    record.path.unlink()
    record.path.parent.rmdir()
    record.write(SafetyState.STOPPED, "a hand")
    assert record.read().state is SafetyState.STOPPED


@pytest.mark.parametrize("enabled", [False, True])
def test_a_link_that_leads_nowhere_is_no_missing_record(record, enabled):
    record.path.parent.mkdir()
    record.path.symlink_to(record.path.parent / "elsewhere" / "0_.json")
    with pytest.raises(RecordError, match="a link that leads nowhere"):
        record.read()
    assert "a link that leads nowhere" in record.prepare(enabled=enabled)


def test_a_folder_that_leads_nowhere_starts_no_graph(record):
    record.path.parent.symlink_to("unmounted")
    with pytest.raises(RecordError, match="it cannot be written"):
        record.prepare(enabled=True)


@pytest.mark.parametrize("content", [None, b"", b"{"])
def test_a_reset_by_hand_releases_a_stop_or_a_doubt_and_tells_which(record, content):
    record.write(SafetyState.STOPPED, "topic estop")
    if content is not None:
        record.path.write_bytes(content)
    told = record.reset("a hand")
    assert told.startswith(
        f"topic estop, since {NOW}" if content is None else f"record {record.path}"
    )
    assert record.read() == (SafetyState.DISABLED, "a hand", NOW)


@pytest.mark.parametrize("before", [None, SafetyState.ENABLED, SafetyState.DISABLED])
def test_where_nothing_was_stopped_nothing_is_reset(record, before):
    if before is not None:
        record.write(before)
    with pytest.raises(RecordError, match=r"0_\.json: (there is none|no stop is recorded)"):
        record.reset("a hand")
    assert record.path.exists() == (before is not None)


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
    seven = record_path("")
    monkeypatch.setenv("ROS_DOMAIN_ID", "07")
    assert record_path("") == seven
    monkeypatch.setenv("ROS_DOMAIN_ID", "0x10")
    assert record_path("").name == "16_.json"
    monkeypatch.delenv("ROS_DOMAIN_ID")
    assert record_path("/", "/var/lib/arm").name == "0_.json"
    assert record_path("", "/var/lib/arm").parent.as_posix() == "/var/lib/arm"
