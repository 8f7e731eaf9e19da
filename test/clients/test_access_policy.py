"""The SROS2 policy against what the nodes of the running graph do."""

import importlib
import re
from pathlib import Path

import pytest

from pilqr_ros.clients import access_policy
from pilqr_ros.clients.access_policy import observe
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.clients.guard_client import SERVICES
from pilqr_ros.doctor.expectation import expect
from pilqr_ros.doctor.observer import Observer
from pilqr_ros.graph import (
    DEPLOYED,
    DeploymentOptions,
    GraphOptions,
    print_line,
    running_graph,
    starts,
)
from pilqr_ros.graph.sros2_policy import policy_in, read_policy
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.nodes.messages.scene_topics import SCENE_TOPICS
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import RunConfig, create_run

NODES = Path(access_policy.__file__).parents[1]
POLICY = Path(__file__).parents[2] / "config" / "sros2" / "policy.xml"
TORQUES = "/effort_controller/commands"
NAMES = [start.name for start in starts(GraphOptions(scene=True))]


@pytest.fixture(scope="module")
def policy():
    return read_policy(POLICY)


@pytest.fixture(scope="module")
def graph(run_nodes):
    with run_nodes(*NAMES, scene=True) as group:
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


@pytest.fixture(scope="module")
def trained(task, tmp_path_factory):
    """A run with a policy that can be served."""
    config = RunConfig(
        task=task.name, method="pilqr", iterations=1, rollouts=2, seed=0, conditions=(0,)
    )
    store = create_run(tmp_path_factory.mktemp("runs"), task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return store.directory


def test_everything_that_nodes_serving_a_policy_in_a_namespace_do_is_allowed(
    trained, fresh_client, wait_until, tmp_path
):
    (tmp_path / "policy.xml").write_text(policy_in("arm1"))
    policy, node = read_policy(tmp_path / "policy.xml"), fresh_client.node
    chosen = DeploymentOptions(run=str(trained), namespace="arm1", record=False, respawn=False)
    names = [start.name for start in starts(chosen, DEPLOYED)]
    assert "policy_server" in names
    with running_graph(chosen, print_line, DEPLOYED) as group:
        for name in names:
            asked = f"/arm1/{name}/get_parameters"
            wait_until(
                lambda name=name, asked=asked: (
                    (name, "/arm1") in node.get_node_names_and_namespaces()
                    and asked in observe(node, name, "arm1").serves
                ),
                name,
            )
            assert observe(node, name, "arm1").beyond(policy[name]) == {}, name
        wait_until(
            lambda: (
                "/arm1/policy_server/execute" in observe(node, "policy_server", "arm1").executes
            ),
            "the server",
        )
        used = observe(node, "policy_server", "arm1")
        assert used.commands == {"/arm1/trajectory_executor/execute_rollout"}
        assert used.beyond(policy["policy_server"]) == {}
        group.check()


def test_nobody_but_a_bag_hears_the_scene_and_its_node_asks_nobody(policy):
    scene = {f"/{topic.name.strip('/')}" for topic in SCENE_TOPICS}
    assert [name for name, access in policy.items() if access.subscribes & scene] == ["recorder"]
    own = policy["scene_publisher"]
    assert own.publishes - scene == {"/parameter_events", "/rosout", "/scene_publisher/claim"}
    assert not own.calls | own.commands | own.executes


def test_every_program_that_talks_to_nodes_has_an_enclave(policy):
    created = re.compile(r'(?:ClientNode|super\(\).__init__)\(\s*"(\w+)"')
    rooms = (NODES / "clients", NODES / "doctor", NODES / "dashboard")
    sources = [path.read_text() for room in rooms for path in room.glob("*.py")]
    clients = {name for source in sources for name in created.findall(source)}
    assert {"pilqr_client", "pilqr_doctor", "pilqr_dashboard"} <= clients
    assert clients - {"access_policy"} <= set(policy)  # that one is for a graph without security


def test_what_looks_after_nodes_is_allowed_what_it_does(policy, fresh_domain, task):
    graphs = [expect(task, None, "", deployed=deployed) for deployed in (False, True)]
    with ClientNode("pilqr_doctor") as doctor:
        for expected in graphs:
            Observer(doctor.node, expected)
        assert observe(doctor.node, "pilqr_doctor").beyond(policy["pilqr_doctor"]) == {}
    nodes = {name for expected in graphs for name in expected.nodes}
    asked = {f"/{name}/get_parameters" for name in (*nodes, "mujoco_bridge")}
    assert policy["pilqr_doctor"].calls == asked
    assert policy["pilqr_guard"].calls == {f"/effort_guard/{one}" for one in SERVICES.values()}


def test_the_live_page_is_allowed_what_it_does(policy, fresh_domain, task):
    server_of_pages = pytest.importorskip("pilqr_ros.page.server")
    pytest.importorskip("viser", reason="viser is not installed")
    live_page = importlib.import_module("pilqr_ros.dashboard.live_page")
    server = server_of_pages.open_server(0)
    with live_page.graph_client() as client:
        live_page.LivePage(server, client.node, task, "")
        used = observe(client.node, "pilqr_dashboard")
    server.stop()
    assert used.beyond(policy["pilqr_dashboard"]) == {}
    assert TORQUES not in policy["pilqr_dashboard"].publishes
