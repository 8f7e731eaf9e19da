"""What the nodes say of themselves, and what they run in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pilqr_ros.doctor.expectation import Expectation
from pilqr_ros.doctor.findings import Finding, fail, ok, warn
from pilqr_ros.doctor.graph_checks import is_simulated
from pilqr_ros.doctor.snapshot import Snapshot, Status
from pilqr_ros.graph.discovery import LOCALHOST, PROFILES, VARIABLE
from pilqr_ros.nodes.runtime.diagnostics import Level
from pilqr_ros.robot.guard.interventions import GUARD

CONTAINED = "rmw_fastrtps"
"""Middlewares whose names begin so are told to use the loopback interface alone."""


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
        yield fail("guard", "says nothing on /diagnostics", f"see the node {GUARD}")
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
    yield _check_reach(seen.environment)
    network = (VARIABLE, PROFILES[0])
    versions = ", ".join(f"{k} {v}" for k, v in seen.environment.items() if k not in network)
    yield ok("versions", versions)


def _check_reach(environment: Mapping[str, str]) -> Finding:
    """Judge who can join, as far as the environment here tells: nodes should have the same."""
    reach = environment.get(VARIABLE, "SUBNET")
    profiles, middleware = environment.get(PROFILES[0], ""), environment.get("middleware", "")
    if reach != LOCALHOST:
        advice = "leave out discovery:=subnet unless nodes run on several machines of a closed net"
        return warn("discovery", f"{VARIABLE} is {reach}: others can join the graph", advice)
    if profiles:
        advice = f"see that {profiles} allows no interface that others are on, or leave it out"
        return warn("discovery", f"{PROFILES[0]} is {profiles}, which decides who can join", advice)
    if not middleware.startswith(CONTAINED):
        advice = f"limit {middleware} to the loopback interface by its own configuration"
        return warn("discovery", f"who names this machine as a peer joins by {middleware}", advice)
    return ok("discovery", "nodes of this machine only, by its loopback interface")


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
