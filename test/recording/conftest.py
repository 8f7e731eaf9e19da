from pathlib import Path

import pytest

from pilqr_ros.recording.bag import Bounds
from pilqr_ros.recording.definitions import Definitions
from pilqr_ros.recording.topic import BagTopic, offered_qos

MESSAGES = Path(__file__).parents[2] / "msg" / "msg"
TYPES = {
    "/joint_states": "sensor_msgs/msg/JointState",
    "/rollout": "pilqr_msgs/msg/Rollout",
    "/clock": "rosgraph_msgs/msg/Clock",
}


@pytest.fixture(scope="session")
def definitions():
    return Definitions({"pilqr_msgs": MESSAGES})


@pytest.fixture(scope="session")
def topics(definitions):
    qos = offered_qos(reliable=True, latched=False, depth=10)
    return [
        BagTopic(name, kind, definitions.definition(kind), definitions.type_hash(kind), qos)
        for name, kind in TYPES.items()
    ]


@pytest.fixture
def bounds():
    return Bounds(max_bytes=10**8, min_free_bytes=0)
