"""What a goal's client is told, by a node whose heart is beaten by hand."""

from types import SimpleNamespace

import pytest

from pilqr_ros.nodes.training.goal_feedback import GoalFeedback


class Heart:
    """Plays the node."""

    def __init__(self):
        self.warnings = []

    def create_timer(self, _period, callback):
        self.beat = callback

    def get_logger(self):
        return SimpleNamespace(warning=self.warnings.append)


class Goal:
    """Keeps what is published, as it was then."""

    def __init__(self):
        self.published = []

    def publish_feedback(self, feedback):
        self.published.append(dict(vars(feedback)))


@pytest.fixture
def heart():
    return Heart()


@pytest.fixture
def feedback(heart):
    return GoalFeedback(heart)


def said(rollout):
    return SimpleNamespace(rollout=rollout, waiting_for="")


def test_the_last_feedback_is_repeated_with_every_heartbeat(heart, feedback):
    goal = Goal()
    heart.beat()
    feedback.tell(goal, said(1))
    feedback.tell(goal, said(2))
    heart.beat()
    heart.beat()
    assert [one["rollout"] for one in goal.published] == [1, 2, 2, 2]


def test_who_is_waited_for_is_told_until_the_work_goes_on(heart, feedback):
    goal = Goal()
    feedback.tell(goal, said(1))
    feedback.tell_silence("nobody offers reset")
    heart.beat()
    feedback.tell(goal, said(2))
    silences = [one["waiting_for"] for one in goal.published]
    assert silences == ["", "nobody offers reset", "nobody offers reset", ""]
    assert heart.warnings == ["waiting: nobody offers reset"]


def test_nothing_is_repeated_after_the_end(heart, feedback):
    goal = Goal()
    feedback.tell(goal, said(1))
    feedback.end()
    heart.beat()
    feedback.tell_silence("nobody offers reset")
    assert len(goal.published) == 1
