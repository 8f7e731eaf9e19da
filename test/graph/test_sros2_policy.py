"""The shipped SROS2 policy: what it allows, where, and that it needs no ROS to be read."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from pilqr_ros.graph import DEPLOYED, DeploymentOptions, starts
from pilqr_ros.graph.node_list import NODES as TRAINING
from pilqr_ros.graph.sros2_policy import Access, policy_in, policy_text, read_policy

POLICY = Path(__file__).parents[2] / "config" / "sros2" / "policy.xml"
TORQUES = "/effort_controller/commands"


@pytest.fixture(scope="module")
def policy():
    return read_policy(POLICY)


def test_every_node_may_claim_its_place_on_the_network(policy):
    for name in {spec.name for spec in (*TRAINING, *DEPLOYED)}:
        access = policy[name]
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
    (tmp_path / "policy.xml").write_text(policy_text(policy))
    assert read_policy(tmp_path / "policy.xml") == policy


def test_the_policy_of_the_root_namespace_is_the_file():
    assert policy_in("") == POLICY.read_text()


def enclaves(text):
    """Return path, and namespace and name of the node, of each enclave of a policy."""
    found = ElementTree.fromstring(text).iter("enclave")
    profiles = [(enclave.get("path"), enclave.find("profiles/profile")) for enclave in found]
    return {path: (profile.get("ns"), profile.get("node")) for path, profile in profiles}


@pytest.mark.parametrize("namespace", ["", "arm1", "/site/arm1"])
@pytest.mark.parametrize("started", [starts, lambda chosen: starts(chosen, DEPLOYED)])
def test_every_node_is_started_in_an_enclave_of_the_policy_of_its_namespace(namespace, started):
    place = "/" + namespace.strip("/")
    found = enclaves(policy_in(namespace))
    for start in started(DeploymentOptions(namespace=namespace)):
        assert found[start.enclave] == (place, start.name)
    assert set(found) == {f"{place.rstrip('/')}/{name}" for _, name in found.values()}


def test_two_arms_share_no_name_but_those_that_are_absolute(tmp_path):
    names = []
    for namespace in ("arm1", "arm2"):
        path = tmp_path / f"{namespace}.xml"
        path.write_text(policy_in(namespace))
        accesses = read_policy(path).values()
        names.append({name for a in accesses for field in vars(a).values() for name in field})
    assert names[0] & names[1] == {"/clock", "/diagnostics", "/parameter_events", "/rosout", "/tf"}
    assert "/arm1/effort_controller/commands" in names[0]
