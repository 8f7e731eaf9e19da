"""Are the nodes there, and do they hear each other?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from pilqr_ros.doctor.expectation import BRIDGE, ROBOT, Expectation, Wire
from pilqr_ros.doctor.findings import Finding, fail, ok, warn
from pilqr_ros.doctor.snapshot import Endpoint, Endpoints, Snapshot
from pilqr_ros.robot.guard.interventions import GUARD


def check_nodes(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """Every node is there, once."""
    for name in expected.nodes:
        count = seen.nodes.count(f"{expected.namespace}{name}")
        if count == 0:
            advice = "start the graph with `pilqr up` or ros2 launch, and read why it ended"
            yield fail(f"node {name}", "is not there", advice)
        elif count > 1:
            advice = "end one graph: two command one robot"
            yield fail(f"node {name}", f"is there {count} times", advice)
        else:
            yield ok(f"node {name}", "is there")


def check_parameters(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """All nodes have the same task and pace."""
    for node in seen.silent:
        yield fail(f"node {node}", "does not answer", "it hangs: end it; it is started again")
    yield from _compare(_told(seen, "real_time_factor"), "real_time_factor", "pace", {})
    tasks = _told(seen, "task")
    yield from _compare(tasks, "task", "task", seen.tasks)
    for name in dict.fromkeys(tasks.values()):
        yield from _judge_task(str(name), seen.tasks.get(str(name)), expected)


def _told(seen: Snapshot, name: str) -> dict[str, object]:
    """Return a parameter of the nodes that have it."""
    return {node: told[name] for node, told in seen.parameters.items() if name in told}


def _compare(
    values: Mapping[str, object], name: str, what: str, meanings: Mapping[str, str]
) -> Iterator[Finding]:
    """Look for nodes that have another value of a parameter; some values mean the same."""
    if len({meanings.get(str(value), str(value)) for value in values.values()}) > 1:
        listed = ", ".join(f"{node}: {value}" for node, value in values.items())
        yield fail(what, f"nodes differ in {name}: {listed}", "start all with the same options")
    elif values:
        yield ok(what, f"{name} is {next(iter(values.values()))} for every node")


def _judge_task(name: str, identity: str | None, expected: Expectation) -> Iterator[Finding]:
    """Compare a task that nodes have, by its content where its file is found here."""
    if identity == expected.identity or (identity is None and name == expected.task):
        return
    if identity is None and name.endswith((".yaml", ".yml")):
        advice = "run the doctor where the graph was started, or start it with the file's full path"
        yield warn("task", f"nodes have {name!r}, which is not found here to compare", advice)
    elif identity is not None and identity.partition(" ")[0] == expected.task:
        problem = f"{name!r} of the nodes is another {expected.task!r} than the one looked for"
        yield fail("task", problem, "start the graph with the same file, or name its file here")
    else:
        advice = f"name the task: `pilqr doctor {shlex.quote(name)}`"
        yield fail("task", f"nodes have {name!r}, looked for {expected.task!r}", advice)


def check_services(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """Services and actions are offered."""
    missing = [name for name in expected.services if name not in seen.services]
    for name in missing:
        advice = "on a robot, robot_reset offers it" if name.endswith("/reset") else "see its node"
        yield fail(name.removesuffix("/_action/send_goal"), "is not offered", advice)
    if not missing:
        yield ok("services and actions", f"all {len(expected.services)} are offered")


def check_topics(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """Every topic has its two ends, of one type and of qualities that fit."""
    for name, wire in expected.wires.items():
        topic = seen.topics.get(name, Endpoints())
        problems = [
            *_ends(name, topic, seen, expected),
            *_types(name, wire, topic),
            *_qualities(name, wire, topic),
        ]
        yield from problems
        if not problems and topic.publishers and topic.subscribers:
            ends = f"{_names(topic.publishers)} to {_names(topic.subscribers)}"
            yield ok(f"topic {name}", ends)


def check_commander(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """Nobody but the guard talks to the robot's controller."""
    guard = f"{expected.namespace}{GUARD}"
    topic = seen.topics.get(expected.effort_topic, Endpoints())
    nodes = [endpoint.node for endpoint in topic.publishers]
    others = [node for node in nodes if node != guard]
    others += [f"another node with the name {guard}"] * (nodes.count(guard) > 1)
    for other in others:
        advice = "end it before anything is enabled: it goes round every limit"
        yield fail(expected.effort_topic, f"{other} publishes torques, too", advice)


def is_simulated(seen: Snapshot) -> bool:
    """Tell whether the robot is the simulated one."""
    return any(node.rpartition("/")[2] == BRIDGE for node in seen.nodes)


def _ends(name: str, topic: Endpoints, seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """Look for publisher and subscription; nodes that are not there have been told of."""
    wire = expected.wires[name]
    sides = (("publish", wire.publisher, topic.publishers),
             ("listen to", wire.subscriber, topic.subscribers))  # fmt: skip
    for verb, who, ends in sides:
        node = f"{expected.namespace}{who}"
        if who == ROBOT and not ends:
            usual = expected.usual[name]
            advice = f"start the driver, or give its topic for {usual} in the robot's file"
            yield fail(f"topic {name}", f"nobody is there to {verb} it", advice)
        elif node in seen.nodes and node not in {end.node for end in ends}:
            yield fail(f"topic {name}", f"{who} does not {verb} it", f"see the node {who}")


def _types(name: str, wire: Wire, topic: Endpoints) -> Iterator[Finding]:
    """Look for ends of another type."""
    for end in (*topic.publishers, *topic.subscribers):
        if end.kind != wire.kind:
            advice = "another topic has this name: give the right one in the robot's file"
            yield fail(f"topic {name}", f"{end.node} has {end.kind}, not {wire.kind}", advice)


def _qualities(name: str, wire: Wire, topic: Endpoints) -> Iterator[Finding]:
    """Look for a subscription that asks for more than a publisher offers."""
    for giver in topic.publishers:
        for taker in topic.subscribers:
            missing = [
                quality
                for quality in ("reliable", "latched")
                if getattr(taker, quality) and not getattr(giver, quality)
            ]
            if missing:
                text = f"{taker.node} hears nothing of {giver.node}: not {' and '.join(missing)}"
                advice = "set the publisher's quality of service, or the subscription's"
                looks_on = wire.subscriber not in (ROBOT, taker.node.rpartition("/")[2])
                yield (warn if looks_on else fail)(f"topic {name}", text, advice)


def _names(ends: tuple[Endpoint, ...]) -> str:
    return ", ".join(sorted({end.node.rpartition("/")[2] for end in ends}))
