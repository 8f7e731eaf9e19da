"""Names of a graph's robots, and what is given to each of them."""

import pytest

from pilqr_ros import graph
from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.robot_names import MAX_ROBOTS, per_robot, robot_names


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("", ("",)),
        ("1", ("",)),
        ("3", ("robot_1", "robot_2", "robot_3")),
        ("left, right", ("left", "right")),
        ("left", ("left",)),
    ],
)
def test_robots_are_counted_or_named(choice, names):
    assert robot_names(choice) == names


@pytest.mark.parametrize(
    "choice", ["0", str(MAX_ROBOTS + 1), "left,left", "left,", "a/b,c", "-1", "2nd,third"]
)
def test_what_names_no_robots_is_refused(choice):
    with pytest.raises(GraphError, match=r"(robots|namespace) is '.*', allowed"):
        graph.GraphOptions(robots=choice)


def test_an_option_may_have_a_value_for_each_robot():
    names = ("left", "right")
    assert per_robot("one.yaml", names, "robot_config") == ("one.yaml", "one.yaml")
    assert per_robot("one.yaml, two.yaml", names, "robot_config") == ("one.yaml", "two.yaml")
    assert per_robot("a,b.yaml", ("",), "robot_config") == ("a,b.yaml",)


def test_another_number_of_values_is_refused():
    with pytest.raises(GraphError, match=r"robot_config has 3 values, .* each of left, right"):
        graph.GraphOptions(robots="left,right", robot_config="a,b,c")


def test_each_robot_has_a_namespace_within_the_graphs():
    chosen = graph.GraphOptions(robots="2", namespace="lab")
    assert chosen.robot_namespaces == ("/lab/robot_1", "/lab/robot_2")
    assert graph.GraphOptions(namespace="lab").robot_namespaces == ("lab",)


def test_a_policy_is_served_on_one_robot():
    with pytest.raises(GraphError, match="robots is '2', but a policy is served on one robot"):
        graph.DeploymentOptions(run="then", robots="2")
