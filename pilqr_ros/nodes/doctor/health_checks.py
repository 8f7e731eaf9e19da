"""What the nodes say of themselves, and what they run in."""

from __future__ import annotations

from collections.abc import Iterator

from pilqr_ros.nodes.doctor.expectation import Expectation
from pilqr_ros.nodes.doctor.findings import Finding, fail, ok, warn
from pilqr_ros.nodes.doctor.graph_checks import is_simulated
from pilqr_ros.nodes.doctor.snapshot import Snapshot, Status
from pilqr_ros.nodes.graph.discovery import VARIABLE
from pilqr_ros.nodes.runtime.diagnostics import Level

GUARD = "effort_guard"


def check_health(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """No node complains on /diagnostics."""
    ours = [status for status in seen.statuses if status.node in expected.nodes]
    for status in ours:
        if status.node != GUARD:
            yield _judge(status)


def check_guard(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """The guard passes torque in simulation, and does not yet on a robot; nobody has stopped it."""
    statuses = [status for status in seen.statuses if status.node == GUARD]
    if not statuses:
        yield fail("guard", "says nothing on /diagnostics", "see the node effort_guard")
    for status in statuses:
        name = f"{expected.namespace}{GUARD}"
        if status.level == _number(Level.ERROR):
            advice = (
                f"mend the reason; after an emergency stop, call {name}/reset_estop and then "
                f"{name}/enable (or `pilqr guard reset` and `pilqr guard enable`)"
            )
            yield fail("guard", status.message, advice)
        elif status.level == _number(Level.WARN):
            call = f"`pilqr guard enable`, or the service {name}/enable"
            text = f"{status.message}: no torque passes"
            advice = f"when everything else is well: {call}"
            yield warn("guard", text, advice) if is_simulated(seen) else ok("guard", text)
        else:
            yield ok("guard", status.message)


def check_environment(seen: Snapshot, _: Expectation) -> Iterator[Finding]:
    """Who can join the graph, and which versions run it."""
    reach = seen.environment.get(VARIABLE, "SUBNET")
    if reach == "LOCALHOST":
        yield ok("discovery", "nodes of this machine only")
    else:
        advice = "leave out discovery:=subnet unless nodes run on several machines of a closed net"
        yield warn("discovery", f"{VARIABLE} is {reach}: others can join the graph", advice)
    versions = ", ".join(f"{k} {v}" for k, v in seen.environment.items() if k != VARIABLE)
    yield ok("versions", versions)


def _judge(status: Status) -> Finding:
    subject = f"{status.node}: {status.thing}"
    if status.level == _number(Level.OK):
        return ok(subject, status.message)
    if status.level == _number(Level.WARN):
        return warn(subject, status.message, "see this node's entry on /diagnostics")
    return fail(subject, status.message, "see this node's entry on /diagnostics")


def _number(level: Level) -> int:
    """Return ROS's number of a level, which rclpy has as a byte."""
    return int.from_bytes(level.value, "little")
