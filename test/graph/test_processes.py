"""Processes that begin and end together, and how each is ended."""

import signal
import sys
import time

import pytest

from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.graph.respawning import CANNOT_START

STUBBORN = (
    "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)];"
    "print('ready', flush=True); time.sleep(60)"
)


def test_a_process_that_ignores_every_request_is_killed(monkeypatch, wait_until):
    monkeypatch.setattr(
        "pilqr_ros.graph.processes.STOPPING",
        ((signal.SIGINT, 0.2), (signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0)),
    )
    lines = []
    with ProcessGroup(
        {"stubborn": [sys.executable, "-c", STUBBORN]}, lambda _, line: lines.append(line)
    ) as group:
        wait_until(lambda: "ready" in lines, "the process")
        (member,) = group._members
    assert member.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.1, 0.3, 0.6])
def test_a_node_that_is_interrupted_while_it_starts_ends_cleanly(fresh_domain, pause, monkeypatch):
    # On a busy core the imports alone take longer than a user is made to wait.
    monkeypatch.setattr("pilqr_ros.graph.processes.STOPPING", ((signal.SIGINT, 60.0),))
    lines = []
    command = [sys.executable, "-m", "pilqr_ros.nodes.effort_guard"]
    with ProcessGroup({"effort_guard": command}, lambda _, line: lines.append(line)) as group:
        time.sleep(pause)
        (member,) = group._members
    assert member.process.returncode == 0, lines
    assert "Traceback" not in "".join(lines)


def test_nodes_look_for_no_window_while_they_start(monkeypatch, wait_until):
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    lines = []
    program = "import mujoco, sys; print('glfw' in sys.modules)"
    with ProcessGroup(
        {"one": [sys.executable, "-c", program]}, lambda _, line: lines.append(line)
    ) as group:
        wait_until(lambda: group.first_ended() is not None, "the end")
    wait_until(lambda: lines, "its line")
    assert lines == ["False"]


def test_the_others_go_on_without_a_process_that_can_be_spared(wait_until):
    code = "import signal, time; signal.pthread_sigmask(signal.SIG_SETMASK, [])"
    code += "; print('up', flush=True); time.sleep(60)"
    says = [sys.executable, "-c", code]
    ends = [sys.executable, "-c", "raise SystemExit(3)"]
    lines = []
    commands = {"learner": says, "right/effort_guard": ends}
    with ProcessGroup(
        commands, lambda *line: lines.append(line), spare={"right/effort_guard"}
    ) as group:
        told = ("right/effort_guard", "ended with code 3; the others go on")
        wait_until(lambda: told in lines and ("learner", "up") in lines, "the end")
        group.check()
        assert lines.count(told) == 1


def test_a_process_that_can_be_spared_but_cannot_start_ends_the_group(wait_until):
    refused = [sys.executable, "-c", f"raise SystemExit({CANNOT_START})"]
    with ProcessGroup({"right/effort_guard": refused}, print, spare={"right/effort_guard"}) as one:
        wait_until(one.first_ended, "the end")
