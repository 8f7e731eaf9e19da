"""What a real scene publisher shows: the arm where MuJoCo has it, rollouts; bags have it, too."""

import mujoco
import numpy as np
import pytest
from rosbags.rosbag2 import Reader
from visualization_msgs.msg import Marker

from pilqr_msgs.msg import IterationReport, RecorderStatus, State, TrainingRun
from pilqr_msgs.msg import Rollout as RolloutMessage
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import (
    rollout_to_message,
    set_stamp,
    to_field,
    to_nanoseconds,
)
from pilqr_ros.nodes.messages.scene_topics import (
    DESCRIPTION,
    FRAMES,
    MODEL,
    PATHS,
    SCENE_TOPICS,
    TARGETS,
)
from pilqr_ros.page.paths import MAX_SEGMENTS
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.tasks.models import element_id, joint_id
from pilqr_ros.tasks.urdf import robot_urdf

REACH = np.array([0.1, 0.3, -0.4, -0.9, 0.5, -0.6, 0.2])
PUCK = np.array([0.7, -0.1, 0.025])


class Graph:
    """Publishes as the graph's nodes would, and hears the scene."""

    def __init__(self, client, task, wait_until):
        node = client.node
        self.node, self.task, self.wait_until = node, task, wait_until
        self.states = node.create_publisher(State, "state", qos.SENSOR)
        self.rollouts = node.create_publisher(RolloutMessage, "rollout", qos.ROLLOUTS)
        self.reports = node.create_publisher(
            IterationReport, "learner/iteration_report", qos.LATCHED
        )
        self.runs = node.create_publisher(TrainingRun, "learner/run", qos.LATCHED)
        self.statuses = client.listen(RecorderStatus, "recorder/status", qos.LATCHED)
        self.heard = {
            topic.name: client.listen(topic.kind, topic.name, topic.profile)
            for topic in SCENE_TOPICS
        }

    def last(self, topic):
        """Wait for a topic's first message and return its last one."""
        self.wait_until(lambda: self.heard[topic.name], topic.name)
        return self.heard[topic.name][-1]

    def tell_state(self, stamp_ns, x):
        message = State(x=to_field(x), valid=[True] * len(self.task.layout.blocks))
        set_stamp(message.header.stamp, stamp_ns)
        self.states.publish(message)

    def type_hash(self, topic):
        """Return the hash of the type that the node publishes: that of every ROS 2."""
        (publisher,) = self.node.get_publishers_info_by_topic(topic.name)
        return str(publisher.topic_type_hash)

    def stamps_ns(self):
        """Return the stamps of the transforms that came."""
        told = (one.transforms[0].header.stamp for one in self.heard[FRAMES.name])
        return [to_nanoseconds(stamp) for stamp in told]

    def show(self, stamp_ns, x):
        """Publish a state until its transforms come."""

        def is_told():
            self.tell_state(stamp_ns, x)
            return stamp_ns in self.stamps_ns()

        self.wait_until(is_told, "the state's transforms")

    def tell_rollout(self, x, spread, rng, condition=0):
        """Publish a rollout that goes from a state, with a spread of every entry."""
        T, dU = self.task.T, self.task.dU
        states = x + spread * rng.normal(size=(1, self.task.dX)) * np.linspace(0, 1, T)[:, None]
        zeros = np.zeros((T, dU))
        rollout = Rollout(
            condition, 1, states, zeros, zeros, zeros, np.arange(T), interventions=np.zeros(T, int)
        )
        self.rollouts.publish(rollout_to_message(rollout, self.task.name))
        return states


@pytest.fixture(scope="module")
def state(task):
    x = np.zeros(task.dX)
    x[task.layout["joint_positions"]] = REACH
    x[task.layout["puck"]] = PUCK
    return x


@pytest.fixture(scope="module")
def scene(client, task, run_nodes, wait_until):
    with run_nodes("scene_publisher", "recorder", scene=True) as group:
        graph = Graph(client, task, wait_until)
        wait_until(graph.rollouts.get_subscription_count, "the node's subscriptions")
        yield graph
        group.check()


def markers(message, namespace):
    return [one for one in message.markers if one.ns == namespace]


def in_base(transforms):
    """Return where each frame is in the base, as a homogeneous matrix, by name."""
    found = {"base": np.eye(4)}
    for one in transforms:
        turn, at = one.transform.rotation, one.transform.translation
        rotation = np.empty(9)
        mujoco.mju_quat2Mat(rotation, np.array([turn.w, turn.x, turn.y, turn.z]))
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rotation.reshape(3, 3), (at.x, at.y, at.z)
        found[one.child_frame_id] = found[one.header.frame_id] @ matrix
    return found


def test_the_robots_description_and_what_is_seen_are_latched(scene, task):
    assert scene.last(DESCRIPTION).data == robot_urdf(task, "base")
    model = scene.last(MODEL)
    assert model.markers[0].action == Marker.DELETEALL
    (puck,) = [one for one in model.markers if one.header.frame_id == "puck"]
    assert (puck.type, puck.ns, puck.frame_locked) == (Marker.CYLINDER, "scene", True)
    assert (puck.scale.x, puck.scale.y, puck.scale.z) == pytest.approx((0.08, 0.08, 0.05))
    assert {one.header.frame_id for one in markers(model, "robot")} > {"robot/tool/stick"}
    assert len({(one.ns, one.id) for one in model.markers}) == len(model.markers)


def test_every_body_is_where_mujoco_has_it_in_the_newest_state(scene, task, state):
    model, data = task.world_model, mujoco.MjData(task.world_model)
    for name, angle in zip(task.joints, REACH, strict=True):
        data.qpos[model.jnt_qposadr[joint_id(model, name, "")]] = angle
    puck = element_id(model, mujoco.mjtObj.mjOBJ_BODY, "puck", "")
    data.qpos[model.jnt_qposadr[model.body_jntadr[puck]] :][:3] = PUCK
    mujoco.mj_kinematics(model, data)
    scene.show(7_000_000_123, state)
    found = in_base(scene.heard[FRAMES.name][-1].transforms)
    goal = task.conditions[0].bodies["goal"]
    for body in range(1, model.nbody):
        name, expected = model.body(body).name, np.eye(4)
        expected[:3, :3], expected[:3, 3] = data.xmat[body].reshape(3, 3), data.xpos[body]
        if name == "goal":
            expected[:3, 3] = goal
        np.testing.assert_allclose(found[name], expected, atol=1e-9, err_msg=name)


def test_the_last_state_is_told_again_to_those_who_come_later(scene, state):
    scene.show(8_000_000_000, state)
    first = len(scene.stamps_ns())
    scene.wait_until(lambda: len(scene.stamps_ns()) >= first + 2, "the same again")
    stamps = scene.stamps_ns()[first - 1 :]
    assert sorted(set(stamps)) == stamps, "tf takes no stamp twice"
    assert stamps[-1] < 8_001_000_000, "or the next state would be older"


def test_an_iterations_rollouts_are_shown_with_mean_spread_and_targets(
    scene, task, state, tmp_path
):
    rng = np.random.default_rng(6)
    run = tmp_path / "run"
    run.mkdir()
    scene.runs.publish(TrainingRun(active=True, run_directory=str(run), part="iteration_000"))
    scene.wait_until(lambda: scene.statuses[-1].recording, "the recorder")
    scene.show(9_000_000_000, state)
    told = [scene.tell_rollout(state, 0.1, rng) for _ in range(4)]
    broken = rollout_to_message(
        Rollout(0, 1, *([np.zeros((2, 1))] * 4), np.arange(2), np.zeros(2, int)), task.name
    )
    scene.rollouts.publish(broken)
    name = task.conditions[0].name

    def are_shown():
        # Again and again: a large message may come after a small one that was sent later.
        scene.reports.publish(IterationReport(task=task.name, condition=0, rollouts=4))
        (lines,) = markers(scene.heard[PATHS.name][-1], f"{name}/puck/rollouts") or [Marker()]
        return len(lines.points) == 4 * 2 * MAX_SEGMENTS

    scene.wait_until(are_shown, "paths")
    paths = scene.last(PATHS)
    (lines,) = markers(paths, f"{name}/puck/rollouts")
    assert lines.header.frame_id == "base"
    assert len(lines.points) == len(lines.colors)
    ends = np.array([states[-1, task.layout["puck"]] for states in told])
    drawn = np.array([(one.x, one.y, one.z) for one in lines.points])
    np.testing.assert_allclose(drawn[len(drawn) // 4 - 1 :: len(drawn) // 4], ends, atol=1e-9)
    (mean,) = markers(paths, f"{name}/puck/mean")
    last = mean.points[-1]
    np.testing.assert_allclose((last.x, last.y, last.z), ends.mean(axis=0), atol=1e-9)
    half = np.array([one.scale.x for one in markers(paths, f"{name}/puck/spread")]) / 2.0
    variances = np.linalg.eigvalsh(np.cov(ends.T))
    assert half[-1] == pytest.approx(2.0 * np.sqrt(max(variances[0], 0.0)), abs=2e-4)
    targets = scene.last(TARGETS)
    (region,) = markers(targets, f"{name}/success")
    goal = task.conditions[0].targets["goal"]
    assert (region.pose.position.x, region.pose.position.y) == pytest.approx(tuple(goal[:2]))
    for part in ("iteration_001", "iteration_002"):  # the first may begin before the recorder hears
        before = len(scene.heard[MODEL.name])
        scene.runs.publish(TrainingRun(active=True, run_directory=str(run), part=part))
        scene.wait_until(lambda count=before: len(scene.heard[MODEL.name]) > count, "all again")
    scene.runs.publish(TrainingRun())
    scene.wait_until(lambda: not scene.statuses[-1].recording, "the bag's end")
    offered = {topic.name: scene.type_hash(topic) for topic in SCENE_TOPICS}
    with Reader(run / "bag") as reader:
        counts = {one.topic: one.msgcount for one in reader.connections}
        digests = {one.topic: one.digest for one in reader.connections}
    for topic in (DESCRIPTION, MODEL, TARGETS, PATHS):
        assert counts[f"/{topic.name}"] >= 2, f"{topic.name}: once in each later file"
    assert counts[FRAMES.name] > 0
    for topic in SCENE_TOPICS:
        assert digests[f"/{topic.name.strip('/')}"] == offered[topic.name], topic.name


def test_rollouts_outside_of_a_training_are_shown_as_they_come(scene, task, state):
    rng = np.random.default_rng(7)
    condition = len(task.conditions) - 1
    scene.tell_rollout(state, 0.1, rng, condition)
    name = f"{task.conditions[condition].name}/blade/rollouts"
    scene.wait_until(lambda: markers(scene.heard[PATHS.name][-1], name), "its path")
