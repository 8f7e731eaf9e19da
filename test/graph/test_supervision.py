"""The graph as a whole: it comes up together and ends together."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pilqr_ros import graph
from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.processes import STOPPING

UP = """
from pilqr_ros.graph import GraphOptions, run_graph
raise SystemExit(run_graph(GraphOptions(runs_directory={!r}, respawn={!r})))
"""
END = 60.0
EVERY_NODE = [start.name for start in graph.starts(graph.GraphOptions())]


def children(pid):
    """Return the process ids of a process's children, by node."""
    found = {}
    # Read here and not with `ps`, which cuts its lines to the width of the terminal.
    for process in Path("/proc").glob("[0-9]*"):
        if state_and_parent(process.name)[1:] == [str(pid)]:
            for module in re.findall(r"pilqr_ros\.nodes\.(\w+)", read(process / "cmdline")):
                found[module] = int(process.name)
    return found


def read(path):
    """Return a file of /proc; nothing if its process has just ended."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def state_and_parent(pid):
    """Return a process's state and its parent; nothing if there is no such process."""
    return read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()[:2]


def gone(pid):
    return state_and_parent(pid)[:1] in ([], ["Z"])


@pytest.fixture
def up(fresh_domain, tmp_path, client_of_graph, request):
    """A process that runs the whole graph as `pilqr up` does, once every node answers."""
    program = UP.format(str(tmp_path), getattr(request, "param", True))
    process = subprocess.Popen(
        # As a shell starts a background job: with SIGINT ignored.
        ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        process.nodes = client_of_graph(process)
        yield process
    finally:
        process.kill()
        process.communicate(timeout=END)


@pytest.fixture
def client_of_graph(fresh_client, wait_until):
    def wait(process):
        names = fresh_client.node.get_node_names
        wait_until(lambda: set(EVERY_NODE) <= set(names()), "all nodes")
        return children(process.pid)

    return wait


def test_ctrl_c_ends_every_node_and_exits_with_0(up, wait_until):
    assert sorted(up.nodes) == sorted(EVERY_NODE)
    began = time.monotonic()
    up.send_signal(signal.SIGINT)
    output, _ = up.communicate(timeout=END)
    assert up.returncode == 0, output
    assert time.monotonic() - began < sum(seconds for _, seconds in STOPPING)
    assert "Traceback" not in output
    assert all(gone(pid) for pid in up.nodes.values())


def test_a_second_ctrl_c_changes_nothing(up):
    for _ in range(3):
        up.send_signal(signal.SIGINT)
        time.sleep(0.02)
    output, _ = up.communicate(timeout=END)
    assert up.returncode == 0, output
    assert all(gone(pid) for pid in up.nodes.values())


def test_termination_ends_every_node(up):
    up.terminate()
    output, _ = up.communicate(timeout=END)
    assert up.returncode == 0, output
    assert all(gone(pid) for pid in up.nodes.values())


def test_a_node_that_dies_is_started_again(up, wait_until):
    killed = up.nodes["state_estimator"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: children(up.pid).get("state_estimator", killed) != killed, "a new process")
    up.send_signal(signal.SIGINT)
    output, _ = up.communicate(timeout=END)
    assert up.returncode == 0, output
    assert "[state_estimator] ended with code -9; it is started again" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("up", [False], indirect=True)
def test_without_respawn_a_node_that_dies_ends_the_others_and_gives_its_exit_code(up):
    os.kill(up.nodes["state_estimator"], signal.SIGKILL)
    output, _ = up.communicate(timeout=END)
    assert up.returncode == 128 + signal.SIGKILL
    assert "state_estimator ended with code -9; ending the others" in output
    assert all(gone(pid) for pid in up.nodes.values())


def test_nodes_end_even_if_their_parent_is_killed(up, wait_until):
    up.kill()
    wait_until(lambda: all(gone(pid) for pid in up.nodes.values()), "the nodes' end")


def test_a_node_that_cannot_start_is_named_with_what_it_said(fresh_domain, wait_until, two_joints):
    task = two_joints().folder / "two_joints.yaml"
    options = graph.GraphOptions(task=str(task))
    with graph.running_graph(options, lambda name, line: None, graph.NODES[:1]) as group:
        task.unlink()  # long before the node has imported what reads it
        wait_until(lambda: group.first_ended() is not None, "the end")
        with pytest.raises(
            GraphError, match=r"(?s)mujoco_bridge ended with code 2.*task file .* does not exist"
        ):
            group.check()


def test_a_namespace_moves_the_whole_graph(fresh_client, run_nodes, wait_until):
    names = ("mujoco_bridge", "effort_guard", "state_estimator", "trajectory_executor")
    with run_nodes(*names, namespace="left"):
        node = fresh_client.node
        wait_until(
            lambda: (
                {f"/left/{name}" for name in names}
                <= {f"{space}/{name}" for name, space in node.get_node_names_and_namespaces()}
            ),
            "the nodes",
        )
        topics = {"/left/torque_command", "/clock"}
        wait_until(
            lambda: topics <= {name for name, _ in node.get_topic_names_and_types()}, "the topics"
        )
