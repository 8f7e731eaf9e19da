"""Full names."""

import pytest
from rclpy.exceptions import InvalidNamespaceException
from rclpy.validate_full_topic_name import validate_full_topic_name
from rclpy.validate_namespace import validate_namespace

from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.naming import MAX_NAMESPACE, check_namespace, full_name


@pytest.mark.parametrize(
    ("namespace", "name", "full"),
    [
        ("", "", "/"),
        ("/", "learner", "/learner"),
        ("arm1", "", "/arm1"),
        ("/arm1/", "/learner", "/arm1/learner"),
        ("site/arm1", "learner/run", "/site/arm1/learner/run"),
    ],
)
def test_a_full_name_has_single_slashes_and_none_at_its_end(namespace, name, full):
    assert full_name(namespace, name) == full


@pytest.mark.parametrize(
    "namespace", ["", "/", "arm1", "/arm1/", "site/arm1", "_a/B_2", "a" * (MAX_NAMESPACE - 1)]
)
def test_a_namespace_that_ros_takes_is_taken(namespace):
    validate_namespace(full_name(namespace))
    check_namespace(namespace)


@pytest.mark.parametrize(
    "namespace",
    ["1 bad<", "1a", "a/2b", "a//b", "a b", "a-b", "~", "{node}", "ä", "a\n", "a" * 300],
)
def test_a_namespace_that_ros_does_not_take_is_refused(namespace):
    with pytest.raises(InvalidNamespaceException):
        validate_namespace(full_name(namespace))
    with pytest.raises(GraphError, match=r"namespace is '.*', allowed are names of letters"):
        check_namespace(namespace)


def test_the_longest_namespace_leaves_room_for_the_longest_name():
    longest = full_name("a" * (MAX_NAMESPACE - 1), "trajectory_executor/execute_rollout")
    validate_full_topic_name(f"{longest}/_action/cancel_goal", is_service=True)
