"""The estimator alone, with sensors that the test plays."""

import importlib.util
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState

from pilqr_msgs.msg import State
from pilqr_ros import graph
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import to_field, to_nanoseconds, to_time

PERIOD = 50_000_000
JUMP = 1_000_000_000
DEADLINE = 60.0


class Bench:
    def __init__(self, client, task):
        self.task = task
        self.joints = client.node.create_publisher(JointState, "joint_states", qos.RELIABLE)
        self.poses = client.node.create_publisher(PoseStamped, "mocap/puck/pose", qos.RELIABLE)
        self.all_states = client.listen(State, "state", qos.SENSOR)
        self.diagnostics = client.listen(DiagnosticArray, "/diagnostics", qos.RECORD)
        self.count = client.node.count_publishers

    @property
    def states(self):
        return [state for state in self.all_states if not state.reason]

    @property
    def reasons(self):
        return [state.reason for state in self.all_states if state.reason]

    def diagnosis(self, name):
        """Return the newest diagnosis of a thing, if there is one."""
        for message in reversed(self.diagnostics):
            for status in message.status:
                if status.name == f"state_estimator: {name}":
                    return status
        return None

    def level(self, name):
        """Return the newest level of a thing, if there is one."""
        status = self.diagnosis(name)
        return None if status is None else status.level

    def connected(self):
        matched = all(one.get_subscription_count() > 0 for one in (self.joints, self.poses))
        return matched and self.count("state") > 0

    def until(self, send, holds):
        """Send again and again, as sensors do, until something holds."""
        deadline = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < deadline, "no answer"
            send()
            time.sleep(0.05)

    def send_joints(self, stamp, positions=None, order=1):
        positions = self.task.conditions[0].start if positions is None else positions
        message = JointState(name=list(self.task.joints)[::order])
        message.position = to_field(np.asarray(positions)[::order])
        message.velocity = to_field(np.zeros(self.task.dU))
        message.header.stamp = to_time(stamp)
        self.joints.publish(message)

    def send_pose(self, stamp, position, frame="", turn=1.0):
        message = PoseStamped()
        message.header.frame_id = frame
        message.header.stamp = to_time(stamp)
        point = message.pose.position
        point.x, point.y, point.z = position
        message.pose.orientation.w = turn
        self.poses.publish(message)

    def block(self, name, state=-1):
        block = next(one for one in self.task.layout.blocks if one.name == name)
        return np.array(self.states[state].x)[block.slice]


@pytest.fixture
def estimator(fresh_client, task, wait_until):
    @contextmanager
    def run(*settings, **options):
        chosen = graph.GraphOptions(**options)
        start = next(one for one in graph.starts(chosen) if one.name == "state_estimator")
        command = graph.command(start, chosen)
        for setting in settings:
            command += ["-p", setting]
        lines = []
        with ProcessGroup(
            {"state_estimator": command}, lambda _, line: lines.append(line)
        ) as group:
            bench = Bench(fresh_client, task)
            bench.lines = lines
            wait_until(bench.connected, "state_estimator")
            yield bench
            group.check()

    return run


def test_a_state_comes_when_every_input_of_its_stamp_is_there(estimator, task, wait_until):
    with estimator("input_timeout:=10.0") as bench:

        def send():
            bench.send_pose(PERIOD, (0.85, -0.2, 0.025))
            bench.send_joints(PERIOD, order=-1)

        bench.until(send, lambda: bench.states)
        assert to_nanoseconds(bench.states[0].header.stamp) == PERIOD
        np.testing.assert_allclose(bench.block("joint_positions"), task.conditions[0].start)
        np.testing.assert_allclose(bench.block("puck"), (0.85, -0.2, 0.025))
        bench.send_joints(2 * PERIOD)
        bench.send_pose(2 * PERIOD, (0.95, -0.2, 0.025))  # late: the state waits for it
        last = 2 * PERIOD
        wait_until(
            lambda: to_nanoseconds(bench.states[-1].header.stamp) == last, "the second state"
        )
        np.testing.assert_allclose(bench.block("puck_velocity"), (2.0, 0.0, 0.0))


@pytest.mark.parametrize("pace", [0.0, 1.0])
def test_a_joint_state_from_before_a_reset_is_passed_over_in_silence(estimator, wait_until, pace):
    with estimator("input_timeout:=10.0", real_time_factor=pace) as bench:

        def send():
            bench.send_pose(PERIOD, (0.85, -0.2, 0.025))
            bench.send_joints(PERIOD)

        bench.until(send, lambda: bench.states)
        bench.send_pose(PERIOD + JUMP, (0.85, -0.2, 0.025))
        time.sleep(0.2)  # until it has come
        bench.send_joints(PERIOD + 1)
        bench.send_joints(PERIOD + JUMP)
        wait_until(
            lambda: to_nanoseconds(bench.states[-1].header.stamp) == PERIOD + JUMP, "the new state"
        )
        assert not any("ahead" in reason for reason in bench.reasons)
        assert not any("ahead" in line for line in bench.lines)


def test_poses_are_turned_into_the_bases_frame(estimator):
    turned = ("mocap_xyz:=[1.0, 2.0, 0.0]", f"mocap_rpy:=[0.0, 0.0, {np.pi / 2}]")
    with estimator(*turned) as bench:

        def send():
            bench.send_pose(PERIOD, (1.0, 0.0, 0.5))
            bench.send_joints(PERIOD)

        bench.until(send, lambda: bench.states)
        np.testing.assert_allclose(bench.block("puck"), (1.0, 3.0, 0.5), atol=1e-12)


@pytest.mark.parametrize(
    ("position", "message"), [(np.nan, "position of r_elbow_flex_joint is nan"), (None, "lacks")]
)
def test_a_wrong_joint_state_gives_a_state_that_is_not_valid(estimator, task, position, message):
    with estimator() as bench:
        wrong = task.conditions[0].start.copy()

        def send():
            bench.send_pose(PERIOD, (0.85, -0.2, 0.025))
            if position is None:
                bench.joints.publish(JointState(name=list(task.joints[:2])))
            else:
                wrong[task.joints.index("r_elbow_flex_joint")] = position
                bench.send_joints(PERIOD, wrong)

        bench.until(send, lambda: any(message in reason for reason in bench.reasons))
        assert not bench.states
        state = next(one for one in bench.all_states if message in one.reason)
        assert list(state.valid) == [False] * 6
        assert np.isnan(state.x).all()
        bench.until(send, lambda: any(message in line for line in bench.lines))
        bench.until(send, lambda: (d := bench.diagnosis("input joint_states")) and d.level != b"\3")
        assert bench.diagnosis("input joint_states").level == DiagnosticStatus.ERROR


def test_a_turn_that_is_not_finite_does_no_harm(estimator):
    with estimator() as bench:

        def send():
            bench.send_pose(PERIOD, (0.85, -0.2, 0.025), turn=np.nan)
            bench.send_joints(PERIOD)

        bench.until(send, lambda: bench.states)


def test_a_pose_in_another_frame_is_refused_and_named(estimator):
    with estimator("mocap_frame:=world", "input_timeout:=0.2") as bench:

        def send(frame="map"):
            bench.send_pose(PERIOD, (0.85, -0.2, 0.025), frame)
            bench.send_joints(PERIOD)

        def named():
            return any("frame 'map', expected 'world'" in line for line in bench.lines)

        bench.until(send, lambda: named() and "no pose of puck has come yet" in bench.reasons)
        assert not bench.states
        bench.until(lambda: send("world"), lambda: bench.states)


class RealTime:
    """Sends both inputs at 100 Hz until told otherwise."""

    def __init__(self, bench):
        self.bench = bench
        self.position = (0.85, -0.2, 0.025)
        self.muted = set()

    def run(self, seconds=0.0, until=lambda: False):
        """Send for some time, or until something holds."""
        end = time.monotonic() + (seconds or DEADLINE)
        while time.monotonic() < end and not until():
            now = time.time_ns()
            if "pose" not in self.muted:
                self.bench.send_pose(now, self.position)
            if "joints" not in self.muted:
                self.bench.send_joints(now)
            time.sleep(0.01)


@pytest.fixture
def sensors(estimator):
    with estimator("input_timeout:=0.1", "pose_age:=0.2", real_time_factor=1.0) as bench:
        one = RealTime(bench)
        one.run(until=lambda: len(bench.states) > 20)
        assert bench.states
        yield one


def test_in_real_time_a_silent_input_is_named_and_what_needs_it_is_not_valid(sensors):
    bench = sensors.bench
    sensors.run(until=lambda: bench.level("input joint_states") == DiagnosticStatus.OK)
    sensors.run(2.5)
    sensors.run(until=lambda: bench.level("input mocap/puck/pose") == DiagnosticStatus.OK)
    told = {v.key: v.value for v in bench.diagnosis("input mocap/puck/pose").values}
    assert 10.0 < float(told["rate [Hz]"]) < 110.0
    assert told["velocity latency [s]"] == "0.025"
    sensors.muted = {"pose"}
    sensors.run(until=lambda: any("pose of puck is 2" in one for one in bench.reasons))
    state = next(one for one in bench.all_states if "pose of puck is 2" in one.reason)
    assert list(state.valid) == [True, True, True, True, False, False]
    sensors.run(until=lambda: bench.level("input mocap/puck/pose") == DiagnosticStatus.STALE)
    sensors.run(until=lambda: bench.level("state") == DiagnosticStatus.ERROR)
    assert bench.level("input mocap/puck/pose") == DiagnosticStatus.STALE
    assert bench.level("state") == DiagnosticStatus.ERROR
    sensors.muted = {"joints", "pose"}
    sensors.run(until=lambda: "joint_states has been silent" in bench.reasons[-1])
    assert "joint_states has been silent for" in bench.reasons[-1]
    assert not any(bench.all_states[-1].valid)


def test_in_real_time_a_body_that_jumps_is_not_valid_until_it_is_believed(sensors):
    bench = sensors.bench
    before = len(bench.states)
    for x in (1.85, 0.85, 1.85, 0.85):  # a pause of the machine right then hides the jump
        sensors.position = (x, -0.2, 0.025)
        sensors.run(1.5)
        if any("pose of puck jumps by 1 m" in reason for reason in bench.reasons):
            break
    assert any("pose of puck jumps by 1 m" in reason for reason in bench.reasons)
    assert len(bench.states) > before
    np.testing.assert_allclose(bench.block("puck"), sensors.position)
    np.testing.assert_allclose(bench.block("puck_velocity"), np.zeros(3), atol=1e-9)


def test_another_devices_joint_states_are_passed_over_and_do_not_hide_the_arms_silence(sensors):
    bench = sensors.bench

    def grip():
        message = JointState(name=["finger"], position=[0.01], velocity=[0.0])
        message.header.stamp = to_time(time.time_ns() + 10**9)  # nor does its clock matter
        bench.joints.publish(message)

    count = len(bench.states)
    sensors.run(until=lambda: grip() or len(bench.states) > count + 50)
    assert not any("finger" in one or "after a later" in one for one in bench.reasons)
    bench.until(grip, lambda: any("joint_states has been silent" in one for one in bench.reasons))
    wanted = "ms, but for those of finger"
    bench.until(grip, lambda: any(one.endswith(wanted) for one in bench.reasons))


def test_a_frozen_driver_is_noticed_by_its_stamp(sensors):
    bench, stamp = sensors.bench, time.time_ns()

    def send():
        bench.send_pose(stamp, sensors.position)
        bench.send_joints(stamp)

    bench.until(send, lambda: any("repeating one stamp" in reason for reason in bench.reasons))


FAKE_TF2 = """
from types import SimpleNamespace as Record

class Buffer:
    def can_transform(self, target, source, time):
        return (target, source) == ("base", "world")

    def lookup_transform(self, target, source, time):
        turn = Record(w=0.5**0.5, x=0.0, y=0.0, z=0.5**0.5)
        return Record(transform=Record(translation=Record(x=1.0, y=2.0, z=0.0), rotation=turn))

class TransformListener:
    def __init__(self, buffer, node):
        pass

    def unregister(self):
        pass
"""


def test_motion_captures_frame_can_come_from_tf(estimator, tmp_path, monkeypatch):
    (tmp_path / "tf2_ros.py").write_text(FAKE_TF2)
    path = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), path)))
    with estimator("mocap_frame_source:=tf", "mocap_frame:=world") as bench:

        def send():
            bench.send_pose(PERIOD, (1.0, 0.0, 0.5), "world")
            bench.send_joints(PERIOD)

        bench.until(send, lambda: bench.states)
        np.testing.assert_allclose(bench.block("puck"), (1.0, 3.0, 0.5), atol=1e-12)


def test_tf_without_its_library_is_refused_with_what_to_do(domain):
    if importlib.util.find_spec("tf2_ros") is not None:
        pytest.skip("tf2_ros is installed")
    command = [sys.executable, "-m", "pilqr_ros.nodes.state_estimator", "--ros-args"]
    command += ["-p", "mocap_frame_source:=tf", "-p", "mocap_frame:=world"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "tf2_ros is not installed: install it" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
