"""The learner's client: an interruption that comes early, and where runs are kept."""

import subprocess
import sys

import pytest
from unique_identifier_msgs.msg import UUID

from pilqr_ros.clients.learner_client import LearnerClient


class InterruptedAnswer:
    """The answer to a goal for which the user does not wait."""

    def add_done_callback(self, _callback):
        raise KeyboardInterrupt


def test_an_interruption_before_the_goals_answer_cancels_the_goal(monkeypatch):
    cancelled = []
    client = LearnerClient.__new__(LearnerClient)  # no node: nothing else of it is used
    monkeypatch.setattr(client, "_cancel", lambda name, identity, _: cancelled.append(identity))
    identity = UUID(uuid=list(range(16)))
    with pytest.raises(KeyboardInterrupt):
        client._await_answer(InterruptedAnswer(), "train_local", identity)
    assert cancelled == [identity]


@pytest.fixture(scope="module")
def kept(run_nodes, tmp_path_factory):
    """Where a running learner keeps its runs."""
    directory = tmp_path_factory.mktemp("kept")
    with run_nodes("learner", runs_directory=str(directory)):
        yield directory


def test_a_learner_that_keeps_runs_where_they_are_wanted_is_taken(kept):
    with LearnerClient() as client:
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
