"""The SROS2 policy against what the nodes of the running graph do."""

from pathlib import Path

import pytest

from pilqr_ros.nodes.clients.access_policy import Access, observe, read_policy, write_policy
from pilqr_ros.nodes.graph import GraphOptions, starts

POLICY = Path(__file__).parents[3] / "config" / "sros2" / "policy.xml"
TORQUES = "/effort_controller/commands"
NAMES = [start.name for start in starts(GraphOptions())]


@pytest.fixture(scope="module")
def policy():
    return read_policy(POLICY)


@pytest.fixture(scope="module")
def graph(run_nodes):
    with run_nodes(*NAMES) as group:
        yield group
        group.check()


def test_everything_that_the_running_nodes_do_is_allowed(graph, policy, client, wait_until):
    wait_until(lambda: set(NAMES) <= set(client.node.get_node_names()), "every node")
    wait_until(
        lambda: client.node.count_subscribers("torque_command") > 0, "the guard's subscription"
    )
    for name in NAMES:
        wait_until(
            lambda name=name: f"/{name}/get_parameters" in observe(client.node, name).serves, name
        )
        assert observe(client.node, name).beyond(policy[name]) == {}, name


def test_what_resets_a_robot_is_allowed_what_it_does(
    fresh_client, run_nodes, policy, wait_until, tmp_path
):
    robot = tmp_path / "robot.yaml"
    robot.write_text("name: robot")
    node, name = fresh_client.node, "robot_reset"
    with run_nodes(name, hardware=True, robot_config=str(robot)):
        wait_until(lambda: name in node.get_node_names(), name)
        wait_until(lambda: f"/{name}/get_parameters" in observe(node, name).serves, name)
        assert observe(node, name).beyond(policy[name]) == {}


def test_every_node_may_claim_its_place_on_the_network(policy):
    for name, access in policy.items():
        assert f"/{name}/claim" in access.publishes & access.subscribes


def test_only_the_guard_may_publish_torques(policy):
    assert [name for name, access in policy.items() if TORQUES in access.publishes] == [
        "effort_guard"
    ]


def test_only_the_executor_may_command_the_guard(policy):
    allowed = {name for name, access in policy.items() if "/torque_command" in access.publishes}
    assert allowed <= {"trajectory_executor", "robot_reset"}


def test_no_name_in_the_policy_is_a_pattern(policy):
    names = {
        name for access in policy.values() for field in vars(access).values() for name in field
    }
    assert names
    assert not [name for name in names if set(name) & set("*?[]")]


def test_what_is_not_allowed_is_told_by_field():
    used = Access(publishes=frozenset({"/a", "/b"}), serves=frozenset({"/s"}))
    allowed = Access(publishes=frozenset({"/a"}), serves=frozenset({"/s"}))
    assert used.beyond(allowed) == {"publishes": frozenset({"/b"})}


def test_a_policy_is_read_as_it_was_written(tmp_path, policy):
    write_policy(tmp_path / "policy.xml", policy)
    assert read_policy(tmp_path / "policy.xml") == policy
