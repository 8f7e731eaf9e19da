"""The records of the torque path from and to their messages, which have the same fields."""

from __future__ import annotations

from pilqr_msgs.msg import AppliedTorque as AppliedMessage
from pilqr_msgs.msg import TorqueCommand as CommandMessage
from pilqr_ros.nodes.messages.conversions import set_stamp, to_nanoseconds, view_field
from pilqr_ros.robot.guard.torque_records import AppliedTorque, TorqueCommand


def command_from_message(message: CommandMessage) -> TorqueCommand:
    """Return a message's command; its torque shares the message's memory."""
    return TorqueCommand(
        stamp_ns=to_nanoseconds(message.header.stamp),
        rollout_id=message.rollout_id,
        step=message.step,
        effort=view_field(message.effort),
        last=message.last,
    )


def put_command(message: CommandMessage, command: TorqueCommand) -> None:
    """Write a command into a message of its size; a last one is zero."""
    set_stamp(message.header.stamp, command.stamp_ns)
    message.rollout_id, message.step = command.rollout_id, command.step
    message.last = command.last
    view_field(message.effort)[:] = 0.0 if command.last else command.effort


def applied_from_message(message: AppliedMessage) -> AppliedTorque:
    """Return a message's applied torque, which shares the message's memory."""
    return AppliedTorque(
        effort=view_field(message.effort),
        interventions=message.interventions,
        detail=message.detail,
        stamp_ns=to_nanoseconds(message.header.stamp),
        rollout_id=message.rollout_id,
        step=message.step,
    )


def put_applied(message: AppliedMessage, applied: AppliedTorque) -> None:
    """Write an applied torque into a message of its size."""
    set_stamp(message.header.stamp, applied.stamp_ns)
    message.rollout_id, message.step = applied.rollout_id, applied.step
    message.interventions, message.detail = applied.interventions, applied.detail
    view_field(message.effort)[:] = applied.effort
