"""A real recorder of real nodes: complete, readable after a kill, bounded."""

import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rosbags.rosbag2 import Reader
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.action import TrainLocal
from pilqr_msgs.msg import RecorderStatus, Rollout, TaskFile, TrainingRun
from pilqr_ros import graph
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.nodes.messages import qos
from pilqr_ros.recording.bag import repair
from pilqr_ros.recording.reader import find_bag
from pilqr_ros.recording.recorded_run import read_run
from pilqr_ros.recording.replay import redo
from pilqr_ros.robot.execution.fields import rollout_from_message
from pilqr_ros.runs.run_store import open_run

EVERY_NODE = tuple(spec.name for spec in graph.NODES)
TOPIC = "effort_controller/commands"
START_DEADLINE = 60.0


def read(bag, topic):
    """Return the serialized messages of a topic, in order."""
    with Reader(bag) as reader:
        chosen = [one for one in reader.connections if one.topic == topic]
        return [data for _, _, data in reader.messages(chosen)]


@pytest.fixture(scope="module")
def trained(domain, run_nodes, tmp_path_factory):
    """A short training through the whole graph: run, type hashes, and the bag's counts at once."""
    runs = str(tmp_path_factory.mktemp("runs"))
    with run_nodes(*EVERY_NODE, runs_directory=runs) as group, LearnerClient() as learner:
        goal = TrainLocal.Goal(method="pilqr", iterations=2, rollouts=3, seed=5)
        result = learner.train(goal, lambda _: None)
        assert result.success, result.message
        with Reader(Path(result.run_directory) / "bag") as reader:
            counts = {one.topic: one.msgcount for one in reader.connections}
        hashes = {
            name: learner.node.get_publishers_info_by_topic(name)[0].topic_type_hash
            for name, _ in learner.node.get_topic_names_and_types()
            if learner.node.count_publishers(name) > 0
        }
        group.check()
    assert not any("lacks its beginning" in line for _, line in group.lines)
    return Path(result.run_directory), hashes, counts


def test_the_bag_is_whole_when_the_result_comes(trained):
    _, _, counts = trained
    assert counts["/rollout"] == 7, "two iterations of three, and one of the last policy"
    assert counts["/learner/run"] == 3, "two iterations and the end"


def test_a_training_is_in_its_bag_whole(trained, task):
    run, hashes, _ = trained
    bag = run / "bag"
    assert sorted(path.name for path in bag.glob("*.mcap")) == [
        "iteration_000.mcap",
        "iteration_001.mcap",
    ]
    with Reader(bag) as reader:
        counts = {one.topic: one.msgcount for one in reader.connections}
        for one in reader.connections:
            if one.topic in hashes:
                assert str(hashes[one.topic]) == one.digest, one.topic
    assert counts["/rollout"] == 7, "two iterations of three, and one of the last policy"
    assert counts["/learner/iteration_report"] == 2
    assert counts["/learner/policy"] == 2
    assert counts["/learner/run"] == 3, "two iterations and the end"
    for topic in ("/state", "/torque_command", "/applied_torque", "/joint_states", "/clock"):
        assert counts[topic] > 5 * task.T, topic
    assert counts["/mocap/puck/pose"] > 5 * task.T
    assert counts["/diagnostics"] > 0
    store = open_run(run)
    recorded = [
        rollout_from_message(deserialize_message(data, Rollout)) for data in read(bag, "/rollout")
    ]
    order = (2, 0, 1)  # an iteration begins with the rollout without noise
    kept = [store.rollout(iteration, 0, sample) for iteration in range(2) for sample in order]
    kept.append(store.rollout(2, 0, 0))
    for one, other in zip(recorded, kept, strict=True):
        assert one.seed == other.seed
        np.testing.assert_array_equal(one.states, other.states)
        np.testing.assert_array_equal(one.applied, other.applied)
        np.testing.assert_array_equal(one.noise, other.noise)


def test_a_training_done_again_from_its_bag_has_the_same_policies_bit_for_bit(trained, tmp_path):
    run, _, _ = trained
    again, store = redo(read_run(find_bag(run)), tmp_path).store, open_run(run)
    for iteration in range(3):
        policy, step_multiplier = again.policy(iteration, 0)
        expected, expected_step_multiplier = store.policy(iteration, 0)
        for name in ("K", "k", "L"):
            np.testing.assert_array_equal(getattr(policy, name), getattr(expected, name))
        np.testing.assert_array_equal(step_multiplier, expected_step_multiplier)


class Source:
    """Publishes as a learner and a guard would."""

    def __init__(self, client, wait_until):
        node = client.node
        self.client, self.wait_until, self.sent = client, wait_until, 0
        self.runs = node.create_publisher(TrainingRun, "learner/run", qos.LATCHED)
        self.commands = node.create_publisher(Float64MultiArray, TOPIC, qos.RECORD)
        self.statuses = client.listen(RecorderStatus, "recorder/status", qos.LATCHED)

    def begin(self, run, part):
        """Tell of a part and wait until it is recorded, or cannot be."""
        file = TaskFile(name="task.yaml", content=b"name: none")
        self.runs.publish(TrainingRun(active=True, run_directory=str(run), part=part, files=[file]))
        self.wait_until(
            lambda: any((one.run_directory, one.part) == (str(run), part) for one in self.statuses),
            "the recorder",
            START_DEADLINE,
        )
        self.wait_until(self.commands.get_subscription_count, "the recorder's subscription")

    def send(self, size=1):
        """Send the next number."""
        self.commands.publish(Float64MultiArray(data=[float(self.sent)] * size))
        self.sent += 1


@pytest.fixture
def source(fresh_client, wait_until):
    one = Source(fresh_client, wait_until)
    one.rollouts = fresh_client.node.create_publisher(Rollout, "rollout", qos.ROLLOUTS)
    return one


def numbers(bag):
    with Reader(bag) as reader:
        topics = [one for one in reader.connections if one.topic == f"/{TOPIC}"]
        messages = [data for _, _, data in reader.messages(topics)]
    return [int(deserialize_message(data, Float64MultiArray).data[0]) for data in messages]


def test_a_killed_recorder_leaves_all_but_the_last_moment_and_another_goes_on(
    source, run_nodes, tmp_path, wait_until
):
    bag, kept = tmp_path / "bag", 0
    for life in range(3):
        with run_nodes("recorder") as group:
            source.statuses.clear()
            source.begin(tmp_path, "iteration_000")
            first = source.sent
            end = time.monotonic() + 2.2 + random.random()
            while time.monotonic() < end:
                source.send()
                time.sleep(0.002)
            sent_before_last_moment = source.sent - 1000
            os.kill(group.pids["recorder"], signal.SIGKILL)
            wait_until(lambda group=group: group.first_ended() is not None, "its end")
        repair(bag)  # for the kill that falls within the very call that writes
        found = numbers(bag)
        assert found == sorted(set(found))
        here = [number for number in found if number >= first]
        assert here == list(range(here[0], here[0] + len(here)))
        assert here[-1] > sent_before_last_moment
        assert len(found) > kept, "what an earlier recorder wrote is still there"
        kept = len(found)
        assert len(list(bag.glob("*.mcap"))) == life + 1


def test_a_bag_at_its_bound_ends_with_a_warning_and_nothing_is_deleted(
    source, fresh_domain, tmp_path, wait_until, fresh_client
):
    start = graph.NodeStart("recorder", {"task": "hockey", "max_megabytes": 1}, {})
    command = graph.command(start, graph.GraphOptions())
    lines = []
    with ProcessGroup({"recorder": command}, lambda _, line: lines.append(line)) as group:
        source.begin(tmp_path, "iteration_000")
        deadline = time.monotonic() + 20.0
        noise = np.random.default_rng(0)
        while source.statuses[-1].recording and time.monotonic() < deadline:
            data = noise.standard_normal(250)  # three flushes or so to the bound
            data[0] = source.sent
            source.commands.publish(Float64MultiArray(data=data.tolist()))
            source.sent += 1
            time.sleep(0.005)
        assert "has reached its bound of 1048576 bytes" in source.statuses[-1].message
        assert sum(path.stat().st_size for path in (tmp_path / "bag").glob("*.mcap")) <= 2**20
        found = numbers(tmp_path / "bag")
        assert found == list(range(found[0], found[0] + len(found)))
        source.begin(tmp_path, "iteration_001")
        assert not source.statuses[-1].recording
        source.begin(tmp_path / "next", "iteration_000")
        assert source.statuses[-1].recording
        group.check()
    wait_until(lambda: any("recording ends" in line for line in lines), "the warning")


def test_nothing_is_recorded_before_a_run_and_the_end_of_one_closes_its_bag(
    source, run_nodes, tmp_path, wait_until
):
    with run_nodes("recorder"):
        source.begin(tmp_path / "run", "iteration_000")
        for _ in range(20):
            source.send()
            time.sleep(0.005)
        source.runs.publish(TrainingRun())
        wait_until(lambda: not source.statuses[-1].recording, "the end")
        found = numbers(tmp_path / "run" / "bag")
        assert found == list(range(20))
        source.send()
    assert numbers(tmp_path / "run" / "bag") == found
