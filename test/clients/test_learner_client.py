"""The learner's client: an interruption that comes early, and where runs are kept."""

import subprocess
import sys

import pytest
from unique_identifier_msgs.msg import UUID

from pilqr_msgs.msg import GuardState
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.clients.goal_client import GoalClient
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.messages import qos


@pytest.mark.parametrize(("state", "refused"), [("STOPPED", True), ("DISABLED", False)])
def test_a_latched_stop_of_a_running_guard_is_told_at_once(fresh_domain, state, refused):
    with ClientNode("effort_guard") as guard, LearnerClient() as client:
        telling = guard.node.create_publisher(GuardState, "guard_state", qos.LATCHED)
        telling.publish(GuardState(state=getattr(GuardState, state), reason="because"))
        if refused:
            with pytest.raises(NodeError, match="effort_guard lets no torque pass: because"):
                client.check_guard()
        else:
            client.check_guard()


DEADLINE = 30.0


class InterruptedAnswer:
    """The answer to a goal for which the user does not wait."""

    def add_done_callback(self, _callback):
        raise KeyboardInterrupt


def test_an_interruption_before_the_goals_answer_cancels_the_goal(monkeypatch):
    cancelled = []
    client = GoalClient(None, "learner")  # no node: nothing else of it is used
    monkeypatch.setattr(client, "_cancel", lambda name, identity, _: cancelled.append(identity))
    identity = UUID(uuid=list(range(16)))
    with pytest.raises(KeyboardInterrupt):
        client._await_answer(InterruptedAnswer(), "train_local", identity)
    assert cancelled == [identity]


def test_a_learner_that_is_said_to_run_and_does_not_is_told_soon_with_all_that_is_missing(
    fresh_domain,
):
    command = [sys.executable, "-m", "pilqr_ros.cli", "train", "hockey", "--attach", "--wait", "1"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=50.0)
    assert refused.returncode == 1
    for name in ("effort_guard", "state_estimator", "trajectory_executor", "learner"):
        assert name in refused.stderr
    assert "within 1 s: start the nodes with `pilqr up`" in refused.stderr


@pytest.fixture(scope="module")
def kept(run_nodes, tmp_path_factory):
    """Where a running learner keeps its runs."""
    directory = tmp_path_factory.mktemp("kept")
    with run_nodes("learner", runs_directory=str(directory)):
        yield directory


def test_a_learner_that_keeps_runs_where_they_are_wanted_is_taken(kept):
    with LearnerClient() as client:
        client.find_learner(DEADLINE)
        client.check_runs_directory(kept)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--attach"], "but the running learner keeps runs in {kept}"),
        ([], "another learner is running in ROS domain"),
    ],
)
def test_training_beside_a_learner_that_keeps_runs_elsewhere_is_refused(
    kept, tmp_path, options, reason
):
    command = [sys.executable, "-m", "pilqr_ros.cli", "train", "hockey", "--runs", str(tmp_path)]
    refused = subprocess.run([*command, *options], capture_output=True, text=True, timeout=100.0)
    assert refused.returncode == 1
    assert reason.format(kept=kept) in refused.stderr
    assert not any([*tmp_path.iterdir(), *kept.iterdir()])
