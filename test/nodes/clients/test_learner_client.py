"""The learner's client where an interruption comes early."""

import pytest
from unique_identifier_msgs.msg import UUID

from pilqr_ros.nodes.clients.learner_client import LearnerClient


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
