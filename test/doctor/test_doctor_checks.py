"""The doctor's checks on made-up snapshots, each with one fault."""

import itertools
import re
from dataclasses import replace

import pytest

from pilqr_ros.doctor.examination import examine, is_fit
from pilqr_ros.doctor.expectation import ROBOT, expect
from pilqr_ros.doctor.findings import Verdict
from pilqr_ros.doctor.snapshot import Endpoint, Endpoints, Joints, Snapshot, Status, TopicTraffic
from pilqr_ros.robot.robot_config import load_robot_config
from pilqr_ros.tasks import load_task

JOINTS, PUCK = "/lightarm/joint_states", "/vrpn_mocap/hockey_puck/pose"
EFFORT = "/lightarm/effort_controller/commands"
NOW = 1_000.0


@pytest.fixture(scope="module")
def expected():
    task = load_task("hockey_lightarm")
    return expect(task, load_robot_config("lightarm", task), "")


def end(node, kind, *, reliable=True, latched=False):
    return Endpoint(f"/{node}", kind, reliable, latched)


@pytest.fixture
def healthy(expected):
    """A snapshot of a graph for hardware in which all is well."""
    names = {ROBOT: "driver"}
    topics = {
        topic: Endpoints(
            (end(names.get(wire.publisher, wire.publisher), wire.kind),),
            (end(names.get(wire.subscriber, wire.subscriber), wire.kind, reliable=False),),
        )
        for topic, wire in expected.wires.items()
    }
    stream = TopicTraffic(300, 3.0, age=0.01, stamp=NOW, lag=0.01, advanced=3.0)
    return Snapshot(
        nodes=tuple(f"/{name}" for name in (*expected.nodes, "driver")),
        topics=topics,
        services=frozenset(expected.services),
        streams={
            JOINTS: stream,
            PUCK: replace(stream, frame="mocap"),
            "/state": replace(stream, frame="lightarm_base"),
        },
        joints=Joints(
            tuple(joint.name for joint in expected.joints),
            (0.162, 0.552, 0.008, 1.954, -0.006, 0.637, 0.173),
            (0.0,) * 7,
        ),
        statuses=(Status("effort_guard", "torque", 0, "enabled"),),
        parameters={
            name: {"task": "hockey_lightarm", "real_time_factor": 1.0} for name in expected.nodes
        },
        environment={
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            "middleware": "rmw_fastrtps_cpp",
        },
    )


def with_environment(seen, **changes):
    return replace(seen, environment=dict(seen.environment) | changes)


def with_stream(seen, topic, **changes):
    return replace(seen, streams={**seen.streams, topic: replace(seen.streams[topic], **changes)})


def with_topic(seen, topic, **changes):
    changed = replace(seen.topics[topic], **changes)
    return replace(seen, topics={**seen.topics, topic: changed})


def with_joint(seen, index, position=0.0, velocity=0.0):
    positions, velocities = list(seen.joints.positions), list(seen.joints.velocities)
    positions[index], velocities[index] = position, velocity
    return replace(seen, joints=Joints(seen.joints.names, tuple(positions), tuple(velocities)))


def test_a_healthy_graph_passes_every_check(healthy, expected):
    findings = examine(healthy, expected)
    assert {finding.verdict for finding in findings} == {Verdict.OK}
    assert len(findings) > 25
    assert is_fit(findings)


FLOAT = "std_msgs/msg/Float64MultiArray"
POSE = "geometry_msgs/msg/PoseStamped"
FAULTS = {
    "node gone": (
        lambda s: replace(s, nodes=tuple(n for n in s.nodes if n != "/state_estimator")),
        r"node state_estimator: is not there",
    ),
    "two graphs": (
        lambda s: replace(s, nodes=(*s.nodes, "/effort_guard")),
        r"node effort_guard: is there 2 times",
    ),
    "node hangs": (
        lambda s: replace(s, silent=("/learner",)),
        r"node /learner: does not answer",
    ),
    "other task": (
        lambda s: replace(s, parameters={"learner": {"task": "plug"}}),
        r"task: nodes have 'plug', looked for 'hockey_lightarm'",
    ),
    "tasks differ": (
        lambda s: replace(s, parameters={**s.parameters, "learner": {"task": "plug"}}),
        r"task: nodes differ in task: .*learner: plug",
    ),
    "no reset": (
        lambda s: replace(s, services=s.services - {"/reset"}),
        r"/reset: is not offered",
    ),
    "no driver": (
        lambda s: with_topic(s, PUCK, publishers=()),
        r"pose: nobody is there to publish it",
    ),
    "no controller": (
        lambda s: with_topic(s, EFFORT, subscribers=()),
        r"commands: nobody is there to listen to it",
    ),
    "wrong type": (
        lambda s: with_topic(s, PUCK, publishers=(end("driver", "geometry_msgs/msg/Pose"),)),
        r"pose: /driver has geometry_msgs/msg/Pose, not geometry_msgs/msg/PoseStamped",
    ),
    "quality": (
        lambda s: with_topic(
            s,
            EFFORT,
            publishers=(end("effort_guard", FLOAT, reliable=False),),
            subscribers=(end("driver", FLOAT),),
        ),
        r"commands: /driver hears nothing of /effort_guard: not reliable",
    ),
    "second commander": (
        lambda s: with_topic(
            s, EFFORT, publishers=(end("effort_guard", FLOAT), end("teleop", FLOAT))
        ),
        r"commands: /teleop publishes torques, too",
    ),
    "second commander with the guard's name": (
        lambda s: with_topic(s, EFFORT, publishers=2 * (end("effort_guard", FLOAT),)),
        r"commands: another node with the name /effort_guard publishes torques, too",
    ),
    "silent": (
        lambda s: with_stream(s, JOINTS, count=0),
        r"rate of /lightarm/joint_states: nothing came within 3\.0 s",
    ),
    "too slow": (
        lambda s: with_stream(s, PUCK, count=90),
        r"rate of .*pose: 30 Hz, expected 100",
    ),
    "stopped": (
        lambda s: with_stream(s, JOINTS, age=1.5),
        r"rate of /lightarm/joint_states: 100 Hz.*the last 1500 ms ago",
    ),
    "frame": (
        lambda s: with_stream(s, PUCK, frame="world"),
        r"frame of .*pose: is 'world', expected 'mocap'",
    ),
    "joint names": (
        lambda s: replace(s, joints=s.joints._replace(names=tuple("abcdefg"))),
        r"joint lightarm_elbow_pitch: is not in the joint state; it has: a, b",
    ),
    "no velocities": (
        lambda s: replace(s, joints=s.joints._replace(velocities=())),
        r"joint lightarm_elbow_pitch: has no position or velocity",
    ),
    "outside": (
        lambda s: with_joint(s, 3, position=2.5),
        r"joint lightarm_elbow_pitch: is at 2\.500 in \[-2\.200, 2\.200\]: outside",
    ),
    "not finite": (
        lambda s: with_joint(s, 3, position=float("nan")),
        r"joint lightarm_elbow_pitch: is at nan",
    ),
    "moves": (
        lambda s: with_joint(s, 0, velocity=-0.2),
        r"joint lightarm_shoulder_yaw: moves at -0\.2, allowed are 0\.05",
    ),
    "clock": (
        lambda s: with_stream(s, JOINTS, lag=3.5),
        r"clock of /lightarm/joint_states: stamps are up to 3\.5 s off",
    ),
    "two clocks": (
        lambda s: with_stream(s, PUCK, stamp=NOW - 7.0),
        r"clock of .*pose: stamps are -7 s from those of the joints",
    ),
    "complaint": (
        lambda s: replace(
            s, statuses=(*s.statuses, Status("state_estimator", "input x", 2, "lacks a joint"))
        ),
        r"state_estimator: input x: lacks a joint",
    ),
    "emergency stop": (
        lambda s: replace(s, statuses=(Status("effort_guard", "torque", 2, "stopped"),)),
        r"guard: stopped",
    ),
    "silent guard": (lambda s: replace(s, statuses=()), r"guard: says nothing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named_with_what_to_do(fault, healthy, expected):
    spoil, message = FAULTS[fault]
    findings = examine(spoil(healthy), expected)
    assert not is_fit(findings)
    failed = [finding for finding in findings if finding.verdict is Verdict.FAIL]
    texts = [f"{finding.subject}: {finding.message}" for finding in failed]
    assert any(re.search(message, text) for text in texts), texts
    assert all(finding.advice for finding in failed)


WARNINGS = {
    "slow": (lambda s: with_stream(s, PUCK, count=210), r"70 Hz, expected 100"),
    "near a bound": (lambda s: with_joint(s, 3, position=2.19), r"near its bound"),
    "open to the net": (
        lambda s: with_environment(s, ROS_AUTOMATIC_DISCOVERY_RANGE="SUBNET"),
        r"SUBNET: others can join",
    ),
    "interfaces of one's own choice": (
        lambda s: with_environment(s, FASTDDS_DEFAULT_PROFILES_FILE="mine.xml"),
        r"mine.xml, which decides who can join",
    ),
    "a middleware that is not contained": (
        lambda s: with_environment(s, middleware="rmw_cyclonedds_cpp"),
        r"joins by rmw_cyclonedds_cpp",
    ),
    "a tool that hears nothing": (
        lambda s: with_topic(
            s,
            PUCK,
            publishers=(end("driver", POSE, reliable=False),),
            subscribers=(end("state_estimator", POSE, reliable=False), end("rviz", POSE)),
        ),
        r"/rviz hears nothing of /driver",
    ),
}


@pytest.mark.parametrize("oddity", WARNINGS)
def test_an_oddity_is_a_warning(oddity, healthy, expected):
    spoil, message = WARNINGS[oddity]
    findings = examine(spoil(healthy), expected)
    assert is_fit(findings)
    (odd,) = [finding for finding in findings if finding.verdict is Verdict.WARN]
    assert re.search(message, odd.message)


def disabled(seen):
    return replace(seen, statuses=(Status("effort_guard", "torque", 1, "not enabled"),))


def test_a_guard_that_waits_for_enable_is_as_it_should_be_on_a_robot(healthy, expected):
    assert all(f.verdict is Verdict.OK for f in examine(disabled(healthy), expected))


def test_in_simulation_a_guard_that_waits_is_a_warning_and_stamps_are_its_own(healthy, expected):
    simulated = replace(healthy, nodes=(*healthy.nodes, "/mujoco_bridge"))
    (odd,) = [f for f in examine(disabled(simulated), expected) if f.verdict is Verdict.WARN]
    assert "/effort_guard/enable" in odd.advice
    assert is_fit(examine(with_stream(simulated, JOINTS, lag=1e6), expected))


def test_in_lock_step_the_simulation_repeats_itself_slower_than_a_robot(healthy, expected):
    waiting = {"task": "hockey_lightarm", "real_time_factor": 0.0}
    slow = replace(healthy, parameters=dict.fromkeys(expected.nodes, waiting))
    for topic in (JOINTS, PUCK):
        slow = with_stream(slow, topic, count=57)
    assert is_fit(examine(slow, expected))


SAME, OTHER, CHANGED = "/lab/push.yaml", "/lab/pull.yaml", "/old/push.yaml"


@pytest.fixture
def named(healthy, expected):
    """Return a function that has the nodes call their task something else, by their names."""
    tasks = {SAME: expected.identity, "push.yaml": expected.identity}
    tasks |= {OTHER: "pull 0", CHANGED: f"{expected.task} 1"}

    def rename(*names):
        told = itertools.cycle(names)
        nodes = {node: {**v, "task": next(told)} for node, v in healthy.parameters.items()}
        return replace(healthy, parameters=nodes, tasks=tasks)

    return rename


def test_one_file_may_have_several_names(named, expected):
    assert is_fit(examine(named(SAME, "push.yaml"), expected))


@pytest.mark.parametrize(
    ("name", "verdict", "message"),
    [
        (OTHER, Verdict.FAIL, "nodes have '/lab/pull.yaml', looked for"),
        (CHANGED, Verdict.FAIL, "'/old/push.yaml' of the nodes is another"),
        ("far.yaml", Verdict.WARN, "nodes have 'far.yaml', which is not found here"),
    ],
)
def test_a_task_file_is_judged_by_what_it_says(named, expected, name, verdict, message):
    (odd,) = [f for f in examine(named(name), expected) if f.verdict is not Verdict.OK]
    assert (odd.verdict, odd.subject) == (verdict, "task")
    assert message in odd.message


def test_nodes_with_two_versions_of_a_file_differ(named, expected):
    findings = examine(named(SAME, CHANGED), expected)
    assert any("nodes differ in task" in finding.message for finding in findings)


def test_where_a_policy_is_served_its_server_is_looked_for_and_no_learner(healthy):
    task = load_task("hockey_lightarm")
    expected = expect(task, load_robot_config("lightarm", task), "", deployed=True)
    found = [one for one in examine(healthy, expected) if one.verdict is Verdict.FAIL]
    told = {f"{one.subject}: {one.message}" for one in found}
    assert told == {"node policy_server: is not there", "/policy_server/execute: is not offered"}


def test_in_the_namespace_of_one_of_several_robots_nothing_shared_is_looked_for():
    task = load_task("hockey_lightarm")
    expected = expect(task, None, "left", shared=False)
    assert set(expected.nodes) == {"effort_guard", "state_estimator", "trajectory_executor"}
    assert {name.split("/")[2] for name in expected.services} == {"reset", "trajectory_executor"}
    assert "learner" in expect(task, None, "left").nodes
