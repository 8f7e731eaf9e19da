"""Real nodes in real processes; each module has a ROS domain of its own."""

import fcntl
import itertools
import os
import re
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not in this environment")
pytest.importorskip("pilqr_msgs", reason="pilqr_msgs is not built or not sourced")

from action_msgs.msg import GoalInfo
from action_msgs.srv import CancelGoal
from unique_identifier_msgs.msg import UUID

from pilqr_ros import graph
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.graph.exclusive import holder
from pilqr_ros.graph.node_list import NAMES
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.learning.errors import RolloutInterrupted
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import wait_for
from pilqr_ros.nodes.training.ros_collector import RosCollector
from pilqr_ros.tasks import load_task

DEADLINE = 60.0
"""For what only has to come: on a busy core the whole graph takes half a minute to start."""

MAX_DOMAINS = 100
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
domains = itertools.cycle(range(1 + WORKER, MAX_DOMAINS, WORKERS))
"""Taken in turn, by each worker its own: no test hears the last words of nodes that were ended."""

failed = pytest.StashKey[bool]()


def rerun_once_in(folder, items):
    """Run a test of real processes once more if it fails: the machine may be a busy one."""
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.stash[failed] = report.failed
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """End everything after a failure, so that what runs next starts with nodes of its own."""
    if item.stash[failed]:
        # Of the limit for a test and its reruns, little may be left.
        item.add_marker(pytest.mark.timeout(func_only=True))
        item.session._setupstate.teardown_exact(None)


@contextmanager
def free_domain():
    """Reserve a ROS domain that no other test run on this machine uses."""
    for domain in itertools.islice(domains, MAX_DOMAINS):
        with Path(tempfile.gettempdir(), f"pilqr_test_domain_{domain}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            if not graph_runs(domain):
                yield domain
                return
    raise RuntimeError("no ROS domain is free")


def graph_runs(domain):
    """Tell whether a graph is in a domain: somebody's own, or one that a test left behind."""
    os.environ["ROS_DOMAIN_ID"] = str(domain)
    return any(holder(node, "") for node in NAMES)


@contextmanager
def own_domain(logs):
    """Let this process and its children talk in a domain of their own."""
    previous = dict(os.environ)
    with free_domain() as number:
        os.environ["ROS_DOMAIN_ID"] = str(number)
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        # The home may be missing, and is not ours.
        os.environ["ROS_LOG_DIR"] = os.fspath(logs)
        os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(dir=logs)
        yield
        os.environ.clear()
        os.environ.update(previous)


@pytest.fixture(scope="session")
def logs(tmp_path_factory):
    """Where ROS keeps the nodes' logs."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module", autouse=True)
def domain(logs):
    with own_domain(logs):
        yield


@pytest.fixture
def fresh_domain(logs):
    """A domain without the ghosts of nodes that were killed in an earlier test."""
    with own_domain(logs):
        yield


@pytest.fixture
def fresh_client(fresh_domain):
    with Client("test_client") as one:
        yield one


@pytest.fixture(scope="session")
def task():
    return load_task("hockey")


@pytest.fixture(scope="session")
def late():
    """What ends a rollout or a reset in real time when a busy machine delays a node."""
    return re.compile(
        "ms late|ms early|ms old|before the newest|not newer|has not told|after the last|silent"
        "|off its path|no command for|no joint state for|no valid state came"
    )


class Client(ClientNode):
    """A node that a thread spins, to talk to the nodes under test."""

    def listen(self, kind, topic, profile):
        """Return a list that grows with every message."""
        messages = []
        self.node.create_subscription(kind, topic, messages.append, profile)
        return messages


@pytest.fixture(scope="session")
def wait_until():
    def holds_now(holds):
        try:
            return holds()
        except IndexError:  # it looks at the last message, and none has come yet
            return False

    def wait(holds, what, seconds=DEADLINE):
        end = time.monotonic() + seconds
        while not holds_now(holds):
            assert time.monotonic() < end, f"{what}: not within {seconds} s"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def send_and_cancel(wait_until):
    """Return what sends a goal and cancels it at once, by its identity: it has no answer yet.

    It returns how many goals the action's server said it cancels, and how the goal ended.
    """

    def send(node, kind, name, goal):
        action = ActionClient(node, kind, name)
        service = node.create_client(CancelGoal, f"{name}/_action/cancel_goal")
        wait_until(lambda: action.server_is_ready() and service.service_is_ready(), name)
        identity = UUID(uuid=list(uuid4().bytes))
        sent = action.send_goal_async(kind.Goal(**goal), goal_uuid=identity)
        request = CancelGoal.Request(goal_info=GoalInfo(goal_id=identity))
        answer = wait_for(service.call_async(request), DEADLINE, name, "cancel")
        end = wait_for(sent, DEADLINE, name, "accept").get_result_async()
        return len(answer.goals_canceling), wait_for(end, DEADLINE, name, "finish")

    return send


@pytest.fixture(scope="session")
def wait_for_loop(wait_until):
    """Return what waits until every node of a control loop has come up.

    Nodes wait for each other for some seconds only, and take longer than that to start where many
    processes share a core.
    """

    def wait(client):
        node = client.node

        def is_up():
            services = (name for name, _ in node.get_service_names_and_types())
            listeners = node.get_subscriptions_info_by_topic("torque_command")
            return (
                node.count_publishers("state") > 0
                # The guard listens from when a controller hears it.
                and "effort_guard" in (listener.node_name for listener in listeners)
                and any(name.endswith("execute_rollout/_action/send_goal") for name in services)
            )

        wait_until(is_up, "the control loop")

    return wait


@pytest.fixture(scope="session")
def run_nodes():
    """Return a context manager that runs nodes of the graph and collects what they print."""

    @contextmanager
    def run(*names, **options):
        lines = []
        options.setdefault("record", "recorder" in names)
        specs = tuple(spec for spec in graph.NODES if spec.name in names)
        chosen = graph.GraphOptions(**{"respawn": False, **options})
        with graph.running_graph(
            chosen, lambda name, line: lines.append((name, line)), specs
        ) as group:
            group.lines = lines
            yield group

    return run


@pytest.fixture(scope="session")
def run_with():
    """Return a context manager that runs nodes with parameters of their own."""

    @contextmanager
    def run(parameters, *everywhere):
        commands = {}
        for name, given in parameters.items():
            commands[name] = [sys.executable, "-m", f"pilqr_ros.nodes.{name}", "--ros-args"]
            for setting in (*everywhere, *given):
                commands[name] += ["-p", setting]
        graph.prepare_guard(graph.GraphOptions(), commands, lambda name, line: None)
        with ProcessGroup(commands, lambda name, line: print(f"[{name}] {line}")) as group:
            yield group
            group.check()

    return run


@pytest.fixture(scope="module")
def client(domain):
    with Client("test_client") as one:
        yield one


@pytest.fixture(scope="module")
def collector(client):
    return RosCollector(client.node)


@pytest.fixture(scope="session")
def collect_whole():
    """Return what executes a rollout; again, as learning does, if a busy machine broke it off."""

    def collect(collector, *arguments):
        for _ in range(4):
            with suppress(RolloutInterrupted):
                rollout = collector.collect(*arguments)
                if not rollout.interrupted:
                    return rollout
        return collector.collect(*arguments)

    return collect


@pytest.fixture(scope="module")
def control_loop(client, run_nodes, wait_for_loop):
    """Run everything that a rollout in lock-step needs."""
    with run_nodes(
        "mujoco_bridge",
        "effort_guard",
        "state_estimator",
        "trajectory_executor",
        "cost_evaluator",
    ) as group:
        wait_for_loop(client)
        yield group
        group.check()
