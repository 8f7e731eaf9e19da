"""Where no guard runs, it is said within seconds what is missing and where it was looked for."""

import time

import pytest

from pilqr_ros.clients import deployment, guard_client, operator
from pilqr_ros.nodes.errors import NodeError

NOBODY = r"in ROS domain \d+, namespace '/empty' there is no {} within 0.2 s: {}, or look elsewhere"


@pytest.mark.parametrize("action", ["enable", "disable"])
def test_a_guard_that_is_not_there_cannot_be_switched(domain, monkeypatch, action):
    monkeypatch.setattr(guard_client, "SEARCH_TIMEOUT", 0.2)
    began = time.process_time()
    message = NOBODY.format("effort_guard", "start the nodes with `pilqr up`")
    with pytest.raises(NodeError, match=message):
        guard_client.switch_guard(action, "empty")
    assert time.process_time() - began < 5.0


def test_a_reset_that_nobody_waits_in_is_not_confirmed(domain, monkeypatch):
    monkeypatch.setattr(operator, "START_TIMEOUT", 0.2)
    with pytest.raises(NodeError, match=NOBODY.format("robot_reset", "it waits for a hand .*")):
        operator.confirm_reset("empty")


def test_without_a_server_nothing_is_executed_nor_stopped(domain):
    message = NOBODY.format("policy_server", "serve a policy with `pilqr deploy RUN`")
    with pytest.raises(NodeError, match=message):
        deployment.request("empty", 1, lambda success, message: None, 0.2)
    with pytest.raises(NodeError, match=message):
        deployment.stop("empty", 0.2)
