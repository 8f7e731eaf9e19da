"""The live page beside the nodes."""

import sys
import time

from pilqr_ros import graph
from pilqr_ros.graph import companion


def test_it_is_the_command_for_the_same_task_and_place():
    chosen = graph.GraphOptions(task="plug", namespace="arm1", discovery="localhost")
    command = graph.page_command(chosen)
    assert command[:5] == [sys.executable, "-m", "pilqr_ros.cli", "dashboard", "plug"]
    assert command[5:] == ["--namespace", "arm1", "--discovery", "localhost"]


def test_it_is_told_of_several_robots():
    command = graph.page_command(graph.GraphOptions(robots="left,right"))
    assert command[-2:] == ["--robots", "left,right"]


def test_without_the_option_nothing_is_started(monkeypatch):
    monkeypatch.delattr(companion, "ProcessGroup")
    with graph.live_page(graph.GraphOptions(), graph.print_line):
        pass


def test_a_page_that_ends_ends_nothing_else(monkeypatch):
    ends = [sys.executable, "-c", "print('a port is taken'); raise SystemExit(1)"]
    monkeypatch.setattr(companion, "page_command", lambda chosen: ends)
    lines = []
    with graph.live_page(graph.GraphOptions(dashboard=True), lambda *line: lines.append(line)):
        deadline = time.monotonic() + 20.0
        while not any("a port is taken" in line for _, line in lines):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert {name for name, _ in lines} == {"dashboard"}
