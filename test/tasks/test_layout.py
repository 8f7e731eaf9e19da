import numpy as np
import pytest

from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import Block

ARM = ("shoulder", "elbow")
BLOCKS = (
    Block(name="blade", kind="point_position", of="blade"),
    Block(name="passive", kind="joint_positions", joints=("door",)),
    Block(name="q", kind="joint_positions"),
    Block(name="qd", kind="joint_velocities", joints=("elbow", "shoulder")),
)


@pytest.fixture
def layout():
    return StateLayout.from_blocks(BLOCKS, ARM)


def test_joints_are_found_whatever_block_and_order_they_are_in(layout):
    def found(kind, *joints):
        return layout.joint_entries(kind, joints, key="state", user="a test")

    x = np.array([10.0, 11.0, 12.0, 0.3, 0.1, 0.2, -0.2, -0.1])
    np.testing.assert_array_equal(x[found("joint_positions", *ARM, "door")], [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(x[found("joint_velocities", *ARM)], [-0.1, -0.2])


def test_joints_that_are_not_in_the_state_are_named_with_who_needs_them(layout):
    with pytest.raises(TaskError, match=r"^reset: a test needs joint_velocities of door, wrist in"):
        layout.joint_entries(
            "joint_velocities", (*ARM, "door", "wrist"), key="reset", user="a test"
        )
