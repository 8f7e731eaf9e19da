"""What the control loop's publishers know of their listeners."""

import pytest

from pilqr_msgs.msg import TorqueCommand
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.wiring import RECORDER, count_listeners, publish


@pytest.fixture
def publisher(client):
    one = publish(client.node, TorqueCommand, "torque_command", qos.COMMAND)
    yield one
    client.node.destroy_publisher(one)


def test_a_recorder_is_no_listener(client, publisher, wait_until):
    with ClientNode(RECORDER) as recorder, ClientNode("effort_guard") as guard:
        recorder.node.create_subscription(TorqueCommand, "torque_command", print, qos.SENSOR)
        wait_until(lambda: publisher.get_subscription_count() == 1, "the recorder")
        assert count_listeners(client.node, publisher) == 0
        guard.node.create_subscription(TorqueCommand, "torque_command", print, qos.COMMAND)
        wait_until(lambda: count_listeners(client.node, publisher) == 1, "the guard")
        assert publisher.get_subscription_count() == 2
