import numpy as np

from pilqr_msgs.msg import AppliedTorque as AppliedMessage
from pilqr_msgs.msg import TorqueCommand as CommandMessage
from pilqr_ros.nodes.messages.conversions import to_field
from pilqr_ros.nodes.messages.torque_messages import (
    applied_from_message,
    command_from_message,
    put_applied,
    put_command,
)
from pilqr_ros.robot.guard.torque_records import AppliedTorque, TorqueCommand

STAMP = 3_000_000_007


def plain(record):
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in record._asdict().items()
    }


def message_fields(kind):
    return {"stamp_ns" if name == "header" else name for name in kind.get_fields_and_field_types()}


def test_the_records_have_the_fields_of_their_messages():
    assert set(TorqueCommand._fields) == message_fields(CommandMessage)
    assert set(AppliedTorque._fields) == message_fields(AppliedMessage)


def test_a_command_arrives_as_it_was_sent():
    message = CommandMessage(effort=to_field([9.0, 9.0]))
    command = TorqueCommand(STAMP, 5, 6, np.array([1.0, -2.0]))
    put_command(message, command)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (3, 7)
    assert plain(command_from_message(message)) == plain(command)


def test_a_last_command_is_zero_in_its_message():
    message = CommandMessage(effort=to_field([9.0, 9.0]))
    put_command(message, TorqueCommand(STAMP, 5, 7, last=True))
    assert (message.last, list(message.effort)) == (True, [0.0, 0.0])


def test_an_applied_torque_arrives_as_it_was_told():
    message = AppliedMessage(effort=to_field([9.0, 9.0]))
    applied = AppliedTorque(np.array([0.5, 0.0]), 3, "elbow", STAMP, 5, 6)
    put_applied(message, applied)
    assert plain(applied_from_message(message)) == plain(applied)
