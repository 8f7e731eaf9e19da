"""What a stranger sends is refused with an error of ours before anything is done with it."""

import random

import pytest

from pilqr_ros.errors import PilqrError
from pilqr_ros.tasks import load_task

pytest.importorskip("rclpy", reason="ROS 2 is not in this environment")
from geometry_msgs.msg import PoseStamped
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.action import EvaluatePolicy, ExecuteRollout, TrainGlobal, TrainLocal
from pilqr_msgs.msg import AppliedTorque, Rollout, State, TorqueCommand, TVLGPolicy
from pilqr_ros.benchmarks.soak.hostile_messages import hostile
from pilqr_ros.nodes.messages.conversions import policy_from_message
from pilqr_ros.nodes.messages.policy_messages import policy_from_goal
from pilqr_ros.nodes.training.training_goals import evaluation_plan, training_plan
from pilqr_ros.robot.execution.fields import rollout_from_message

DRAWS = 40


@pytest.fixture(scope="module")
def task():
    return load_task("hockey")


@pytest.fixture
def drawn():
    """Return a function that draws messages of a type."""
    chance = random.Random(0)
    return lambda kind: [hostile(kind, chance) for _ in range(DRAWS)]


SENT = (TorqueCommand, AppliedTorque, State, JointState, PoseStamped, Float64MultiArray)


@pytest.mark.parametrize("kind", [*SENT, Rollout, EvaluatePolicy.Goal, ExecuteRollout.Goal])
def test_whatever_is_drawn_can_be_sent(drawn, kind):
    for message in drawn(kind)[:10]:
        assert serialize_message(message)


@pytest.mark.parametrize("kind", [TrainLocal.Goal, TrainGlobal.Goal])
def test_a_hostile_training_is_refused(task, drawn, kind):
    for goal in drawn(kind):
        with pytest.raises(PilqrError) as refused:
            training_plan(goal, task, print)
        assert str(refused.value).isprintable()


def test_a_hostile_evaluation_is_refused(task, drawn):
    for goal in drawn(EvaluatePolicy.Goal):
        with pytest.raises(PilqrError):
            evaluation_plan(goal, task)


def test_a_hostile_policy_is_refused_or_of_another_robot(drawn, task):
    for goal in drawn(ExecuteRollout.Goal):
        try:
            assert policy_from_goal(goal).dU != task.dU
        except PilqrError as error:
            assert str(error).isprintable()


def test_hostile_arrays_are_refused_unless_they_are_empty(drawn):
    for message in drawn(Rollout):
        try:
            assert rollout_from_message(message).T <= 1
        except PilqrError as error:
            assert "expected" in str(error)


def test_sizes_that_multiply_to_more_than_any_memory_are_refused():
    most = 2**32 - 1
    for sizes in ((most, most, most), (most, most, 0), (0, most, most), (1, 0, most)):
        message = TVLGPolicy(**dict(zip(("steps", "state_dim", "action_dim"), sizes, strict=True)))
        with pytest.raises(PilqrError, match="feedback_gains's largest dimension has 4294967295"):
            policy_from_message(message)
