"""Do the sensors tell what they should, as often and as fresh as they should?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from pilqr_ros.doctor.expectation import Expectation, JointSpan
from pilqr_ros.doctor.findings import Finding, fail, ok, warn
from pilqr_ros.doctor.graph_checks import is_simulated
from pilqr_ros.doctor.snapshot import Snapshot, TopicTraffic

LOCKSTEP_RATE = 20.0
"""How often the simulated robot repeats itself while lock-step waits [Hz]."""

SLOW, TOO_SLOW = 0.8, 0.5
"""Parts of the expected rate under which a rate is worth a warning, and useless."""

MAX_SPEED = 0.05
"""A joint faster than this [rad/s or m/s] moves."""

NEAR = 0.02
"""A joint nearer than this part of its range to a bound is near it."""

MAX_LAG = 0.1
"""Largest difference of a stamp and the wall clock [s]."""


def check_streams(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """The robot's topics come, often enough, and do not stop."""
    for topic, rate in expected.rates.items():
        yield _judge_stream(topic, seen.streams.get(topic), _paced(rate, seen))


def check_frames(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """Poses and state are in the frames that they are taken to be in."""
    for topic, frame in expected.frames.items():
        stream = seen.streams.get(topic)
        if stream is None or stream.count == 0:
            continue
        if stream.frame == frame:
            yield ok(f"frame of {topic}", frame)
        else:
            advice = (
                "give frame, xyz and rpy of motion capture, and base_frame, in the robot's file"
            )
            yield fail(f"frame of {topic}", f"is {stream.frame!r}, expected {frame!r}", advice)


def check_joints(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """Every joint is there by its name, within its range, and at rest."""
    if seen.joints is None:
        return
    names = seen.joints.names
    for joint in expected.joints:
        subject = f"joint {joint.name}"
        if joint.name not in names:
            advice = f"say under `joints` in the robot's file how it calls {joint.task_name}"
            yield fail(subject, f"is not in the joint state; it has: {', '.join(names)}", advice)
            continue
        index = names.index(joint.name)
        if min(len(seen.joints.positions), len(seen.joints.velocities)) <= index:
            yield fail(subject, "has no position or velocity", "let the driver publish both")
            continue
        yield _judge_joint(joint, seen.joints.positions[index], seen.joints.velocities[index])


def check_clocks(seen: Snapshot, expected: Expectation) -> Iterator[Finding]:
    """Stamps are the wall clock's on a robot, and one clock's everywhere."""
    streams = {topic: seen.streams[topic] for topic in expected.rates if topic in seen.streams}
    streams = {topic: stream for topic, stream in streams.items() if stream.count > 0}
    if is_simulated(seen):
        yield ok("clock", "stamps are the simulation's")
    else:
        for topic, stream in streams.items():
            if stream.lag > MAX_LAG:
                text = f"stamps are up to {stream.lag:.3g} s off this machine's clock"
                advice = "synchronise the clocks (chrony, PTP), or let the driver stamp on arrival"
                yield fail(f"clock of {topic}", text, advice)
            else:
                yield ok(f"clock of {topic}", f"within {stream.lag:.3f} s of this machine's")
    joints = streams.get(expected.joint_topic)
    for topic, stream in streams.items():
        if joints is not None and abs(stream.stamp - joints.stamp) > 2 * expected.period:
            text = f"stamps are {stream.stamp - joints.stamp:+.3g} s from those of the joints"
            yield fail(f"clock of {topic}", text, "let both drivers use one clock")


def _paced(rate: float, seen: Snapshot) -> float:
    """Return the rate to expect at the nodes' pace."""
    told = [values.get("real_time_factor") for values in seen.parameters.values()]
    factors = [float(factor) for factor in told if isinstance(factor, int | float)]
    if not factors or factors[0] > 0.0:
        return rate * (factors[0] if factors else 1.0)
    return LOCKSTEP_RATE


def _judge_stream(topic: str, stream: TopicTraffic | None, rate: float) -> Finding:
    if stream is None or stream.count == 0:
        seconds = 0.0 if stream is None else stream.seconds
        advice = "see whether its driver runs, and its topic in the robot's file"
        return fail(f"rate of {topic}", f"nothing came within {seconds:.1f} s", advice)
    text = f"{stream.rate:.0f} Hz, expected {rate:.0f}; the last {stream.age * 1e3:.0f} ms ago"
    if stream.age > 10.0 / rate or stream.rate < TOO_SLOW * rate:
        return fail(f"rate of {topic}", text, "see the driver's rate, the network, the load")
    if stream.rate < SLOW * rate:
        return warn(f"rate of {topic}", text, "see the driver's rate, the network, the load")
    return ok(f"rate of {topic}", text)


def _judge_joint(joint: JointSpan, position: float, velocity: float) -> Finding:
    subject = f"joint {joint.name}"
    if not (math.isfinite(position) and math.isfinite(velocity)):
        text = f"is at {position} with velocity {velocity}"
        return fail(subject, text, "see encoder and driver")
    if abs(velocity) > MAX_SPEED:
        text = f"moves at {velocity:.3g}, allowed are {MAX_SPEED:g}"
        return fail(subject, text, "let it come to rest; see who moves it, or the sensor's offset")
    text = f"at {position:.3f} in [{joint.low:.3f}, {joint.high:.3f}]"
    if not joint.low <= position <= joint.high:
        return fail(subject, f"is {text}: outside", "see zero and sign of its encoder")
    span = joint.high - joint.low
    if math.isfinite(span) and min(position - joint.low, joint.high - position) < NEAR * span:
        return warn(subject, f"{text}: near its bound", "move it away by hand")
    return ok(subject, f"{text}, at rest")
