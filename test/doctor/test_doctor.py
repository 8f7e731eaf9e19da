"""`pilqr doctor` on real graphs, sound and with a fault."""

import os
import re
import signal

import pytest
from typer.testing import CliRunner

from pilqr_ros.cli import app
from pilqr_ros.doctor.examination import is_fit
from pilqr_ros.doctor.findings import Verdict
from pilqr_ros.doctor.visit import visit
from pilqr_ros.graph import GraphOptions, starts

NAMES = [start.name for start in starts(GraphOptions())]
SECONDS = 1.5


@pytest.fixture(scope="module")
def graph(run_nodes):
    with run_nodes(*NAMES, respawn=False) as group:
        yield group


def failures(findings):
    return {f"{f.subject}: {f.message}" for f in findings if f.verdict is Verdict.FAIL}


def settled(wait_until, task="hockey", robot=""):
    """Visit until nothing fails: on a busy machine nodes take their time to find each other."""
    last = []

    def fit():
        last[:] = visit(task, robot, "", SECONDS)
        return is_fit(last)

    wait_until(fit, "a sound graph", 60.0)
    return last


def test_a_sound_graph_is_fit_and_the_command_says_so(graph, wait_until):
    findings = settled(wait_until)
    assert len(findings) > 25
    results = []

    def passes():
        results.append(CliRunner().invoke(app, ["doctor", "hockey", "--seconds", f"{SECONDS}"]))
        return results[-1].exit_code == 0

    wait_until(passes, "success of the command")
    assert "0 FAIL" in results[-1].output
    heads = next(line for line in results[-1].output.splitlines() if "verdict" in line)
    assert re.findall(r"\w+", heads) == ["verdict", "what", "found"]


def test_other_names_of_joints_and_topics_are_found(graph, tmp_path, wait_until):
    robot = tmp_path / "robot.yaml"
    robot.write_text(
        "name: other\n"
        "motion_capture: {topics: {puck: /elsewhere/puck}}\n"
        "joints: {r_shoulder_pan_joint: turn}\n"
    )
    wanted = "joint turn: is not in the joint state; it has: r_"

    def found():
        told = failures(visit("hockey", str(robot), "", SECONDS))
        joint = any(text.startswith(wanted) for text in told)
        return joint and "topic /elsewhere/puck: nobody is there to publish it" in told

    wait_until(found, "both faults")


def test_a_node_that_was_killed_is_missed(graph, wait_until):
    os.kill(graph.pids["state_estimator"], signal.SIGKILL)
    wait_until(
        lambda: "node state_estimator: is not there" in failures(visit("hockey", "", "", SECONDS)),
        "the missing node",
        60.0,
    )
    result = CliRunner().invoke(app, ["doctor", "hockey", "--seconds", f"{SECONDS}"])
    assert result.exit_code == 1
