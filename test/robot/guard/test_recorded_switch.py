"""What a guard that is started makes of what its predecessor was told."""

import pytest

from pilqr_ros.robot.guard.errors import RecordError
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.recorded_switch import RecordedSwitch
from pilqr_ros.robot.guard.safety_record import SafetyRecord, SafetyState
from pilqr_ros.robot.guard.safety_switch import SafetySwitch


class Guard:
    """A switch with its record, as one process has it."""

    def __init__(self, record, hardware=False):
        self.switch = SafetySwitch(enabled=True)
        self.keeper = RecordedSwitch(self.switch, record, hardware=hardware)

    @property
    def kind(self):
        return self.switch.refusal[0]

    def stop(self, reason):
        self.switch.stop(reason)
        return self.keeper.keep()

    def disable(self):
        self.switch.disable()
        return self.keeper.keep()


@pytest.fixture
def record(tmp_path):
    record = SafetyRecord(tmp_path / "0_.json")
    record.prepare(enabled=True)
    return record


@pytest.fixture
def break_disk(record, monkeypatch):
    """Return what lets the record be written no longer; what it returns mends that."""

    def fail(state, reason=""):
        raise RecordError(record.path, "the disk is full")

    def break_disk():
        monkeypatch.setattr(record, "write", fail)
        return monkeypatch.undo

    return break_disk


def test_an_enabled_guard_comes_back_enabled(record):
    assert Guard(record).kind is Intervention.NONE


def test_on_hardware_a_guard_that_starts_is_never_enabled_by_itself(record):
    guard = Guard(record, hardware=True)
    assert guard.kind is Intervention.DISABLED
    assert guard.keeper.enable() == ""
    assert guard.kind is Intervention.NONE


def test_a_stop_outlives_the_guard_until_it_is_reset_and_enabled(record):
    assert Guard(record).stop("service ~/estop") == ""
    for _ in range(3):
        guard = Guard(record)
        assert guard.kind is Intervention.ESTOP
        assert guard.switch.stopped.startswith("service ~/estop, since 20")
        assert guard.switch.stopped.count("since") == 1
        assert "(service ~/reset_estop) comes first" in guard.keeper.enable()
    assert guard.keeper.reset() == ""
    assert Guard(record).kind is Intervention.DISABLED
    assert guard.keeper.enable() == ""
    assert Guard(record).kind is Intervention.NONE


def test_a_disabled_guard_comes_back_disabled(record):
    assert Guard(record).disable() == ""
    assert Guard(record).kind is Intervention.DISABLED


@pytest.mark.parametrize("content", [None, b"", b'{"state": "enabled"'])
def test_a_guard_without_a_record_is_stopped(record, content):
    record.path.unlink()
    if content is not None:
        record.path.write_bytes(content)
    guard = Guard(record)
    assert guard.kind is Intervention.ESTOP
    assert "whether it was stopped before is not known: record" in guard.switch.stopped
    assert guard.keeper.enable() != ""
    assert guard.keeper.reset() == ""
    assert guard.keeper.enable() == ""
    assert Guard(record).kind is Intervention.NONE


def test_a_stop_acts_even_if_it_cannot_be_recorded_and_says_so(record, break_disk):
    guard = Guard(record)
    break_disk()
    assert "the disk is full" in guard.stop("button")
    assert guard.kind is Intervention.ESTOP
    assert "the disk is full" in guard.stop("button")  # it is tried again


def test_enabling_and_resetting_that_cannot_be_recorded_are_refused(record, break_disk):
    guard = Guard(record)
    guard.disable()
    break_disk()
    assert "the disk is full" in guard.keeper.enable()
    assert guard.kind is Intervention.DISABLED
    guard.stop("button")
    assert "the disk is full" in guard.keeper.reset()
    assert guard.kind is Intervention.ESTOP


def test_a_held_button_is_not_recorded_as_reset(record):
    guard = Guard(record)
    guard.switch.pressed = True
    guard.stop("topic estop")
    assert guard.keeper.reset() == "the emergency stop is still pressed"
    assert record.read().state is SafetyState.STOPPED


@pytest.mark.parametrize("say", ["stop", "disable"])
def test_what_is_told_again_is_recorded_again_where_the_record_was_lost(record, say):
    guard = Guard(record)
    tell = {"stop": lambda: guard.stop("by hand"), "disable": guard.disable}[say]
    assert tell() == ""
    record.path.unlink()
    assert tell() == ""
    wanted = {"stop": SafetyState.STOPPED, "disable": SafetyState.DISABLED}[say]
    assert record.read().state is wanted


@pytest.mark.parametrize("enabled", [False, True])
def test_a_guard_that_cannot_write_its_record_starts_stopped(record, break_disk, enabled):
    """Its predecessor could not have recorded a stop either."""
    record.prepare(enabled=enabled)
    mend = break_disk()
    guard = Guard(record)
    assert guard.kind is Intervention.ESTOP
    assert "the disk is full" in guard.switch.stopped
    mend()
    assert guard.keeper.unrecorded
    assert guard.keeper.keep() == ""
    assert not guard.keeper.unrecorded
    assert Guard(record).kind is Intervention.ESTOP


def test_a_stop_that_could_not_be_recorded_is_recorded_as_soon_as_that_goes(record, break_disk):
    guard = Guard(record)
    assert not guard.keeper.unrecorded
    mend = break_disk()
    guard.stop("button")
    mend()
    assert record.read().state is SafetyState.ENABLED
    assert guard.keeper.unrecorded
    assert guard.keeper.keep() == ""
    assert record.read()[:2] == (SafetyState.STOPPED, "button")


def test_enabling_that_was_refused_is_not_left_on_the_disk(record, monkeypatch):
    """The disk may have it all the same, and fail after that."""
    guard = Guard(record)
    guard.disable()
    write = record.write

    def fail_late(state, reason=""):
        write(state, reason)
        raise RecordError(record.path, "the folder cannot be synced")

    monkeypatch.setattr(record, "write", fail_late)
    assert "cannot be synced" in guard.keeper.enable()
    assert guard.kind is Intervention.DISABLED
    assert record.read().state is SafetyState.DISABLED


def test_a_stop_of_a_guard_in_doubt_outlives_its_graph(record):
    record.path.unlink()
    assert Guard(record).kind is Intervention.ESTOP
    assert "not known" in record.prepare(enabled=True)
    assert Guard(record).kind is Intervention.ESTOP
