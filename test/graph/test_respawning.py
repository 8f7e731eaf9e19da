import sys

import pytest

from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.graph.respawning import (
    CANNOT_START,
    MAX_SHORT_LIVES,
    SHORT_LIFE,
    RespawnPolicy,
)


def test_a_process_that_was_killed_is_started_again_however_often():
    policy = RespawnPolicy()
    assert all(policy.wants("learner", -9, SHORT_LIFE + 1) for _ in range(100))


def test_a_process_that_could_not_start_is_not():
    assert not RespawnPolicy().wants("learner", CANNOT_START, 100.0)


def test_a_process_that_always_ends_at_once_is_given_up():
    policy = RespawnPolicy()
    assert all(policy.wants("learner", 1, 0.1) for _ in range(MAX_SHORT_LIVES - 1))
    assert not policy.wants("learner", 1, 0.1)
    assert policy.wants("recorder", 1, 0.1)


def test_a_long_life_makes_up_for_short_ones():
    policy = RespawnPolicy()
    for _ in range(3):
        assert all(policy.wants("learner", -9, 0.1) for _ in range(MAX_SHORT_LIVES - 1))
        assert policy.wants("learner", -9, SHORT_LIFE)


@pytest.mark.parametrize(("code", "starts"), [(2, 1), (3, MAX_SHORT_LIVES)])
def test_a_group_starts_processes_again_until_they_are_given_up(
    monkeypatch, code, starts, wait_until
):
    monkeypatch.setattr("pilqr_ros.graph.processes.DELAY", 0.01)
    monkeypatch.setattr("pilqr_ros.graph.respawning.SHORT_LIFE", 60.0)
    lines = []
    program = f"print('begun', flush=True); raise SystemExit({code})"
    group = ProcessGroup(
        {"one": [sys.executable, "-c", program]}, lambda _, line: lines.append(line), respawn=True
    )
    with group:
        wait_until(lambda: group.first_ended() is not None, "the end")
        assert group.wait() == code
    wait_until(lambda: lines.count("begun") >= starts, "every line")
    assert lines.count("begun") == starts
