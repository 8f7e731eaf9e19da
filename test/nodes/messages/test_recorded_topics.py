"""What is recorded of one robot and of several."""

import pytest

from pilqr_ros.nodes.messages.recorded_topics import recorded_topics
from pilqr_ros.tasks import load_task


@pytest.fixture(scope="module")
def one():
    return [topic.name for topic in recorded_topics(load_task("hockey"))]


@pytest.fixture(scope="module")
def two():
    return [topic.name for topic in recorded_topics(load_task("hockey"), ["left", "right"])]


def test_of_several_robots_everything_is_recorded_once(one, two):
    common = {name for name in one if name.startswith(("/", "learner/"))}
    own = set(one) - common
    assert {"rollout", "state", "applied_torque", "mocap/puck/pose", "joint_states"} <= own
    clocks = {f"{robot}/clock" for robot in ("left", "right")}
    expected = common | clocks | {f"{robot}/{name}" for robot in ("left", "right") for name in own}
    assert len(two) == len(set(two))
    assert set(two) == expected
