"""Between ROS messages and numpy arrays: sizes are checked here and trusted behind."""

from __future__ import annotations

from array import array

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import ArrayLike

from pilqr_msgs.msg import Rollout as RolloutMessage
from pilqr_msgs.msg import TVLGPolicy as PolicyMessage
from pilqr_ros.robot.execution.fields import from_field
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

NANOSECONDS = 1_000_000_000


def to_nanoseconds(stamp: Time) -> int:
    """Return a stamp in [ns]."""
    return stamp.sec * NANOSECONDS + stamp.nanosec


def set_stamp(stamp: Time, nanoseconds: int) -> None:
    """Write [ns] into a stamp."""
    stamp.sec, stamp.nanosec = divmod(nanoseconds, NANOSECONDS)


def to_time(nanoseconds: int) -> Time:
    """Return [ns] as a stamp."""
    stamp = Time()
    set_stamp(stamp, nanoseconds)
    return stamp


def to_field(values: ArrayLike) -> array[float]:
    """Return numbers, row-major, as the `array` that a `float64[]` field holds without a copy."""
    field = array("d")
    field.frombytes(np.ascontiguousarray(values, dtype=np.float64).tobytes())
    return field


def view_field(values: array[float]) -> Array:
    """Return a `float64[]` field as an array that shares its memory, ``(n,)``."""
    return np.frombuffer(values, dtype=np.float64)


def policy_to_message(policy: TVLGPolicy) -> PolicyMessage:
    """Return a policy as a message."""
    return PolicyMessage(
        steps=policy.T,
        state_dim=policy.dX,
        action_dim=policy.dU,
        feedback_gains=to_field(policy.K),
        feedforward=to_field(policy.k),
        noise_factors=to_field(policy.L),
    )


def policy_from_message(message: PolicyMessage) -> TVLGPolicy:
    """Return a message's policy.

    Raises:
        MessageError: An array does not have the announced size.
    """
    T, dX, dU = message.steps, message.state_dim, message.action_dim
    return TVLGPolicy(
        K=from_field("feedback_gains", message.feedback_gains, (T, dU, dX), "T dU dX"),
        k=from_field("feedforward", message.feedforward, (T, dU), "T dU"),
        L=from_field("noise_factors", message.noise_factors, (T, dU, dU), "T dU dU"),
    )


def rollout_to_message(rollout: Rollout, task: str) -> RolloutMessage:
    """Return a rollout of the named task as a message."""
    message = RolloutMessage(
        task=task,
        condition=rollout.condition,
        seed=rollout.seed,
        steps=rollout.T,
        state_dim=rollout.states.shape[1],
        action_dim=rollout.applied.shape[1],
        states=to_field(rollout.states),
        commanded=to_field(rollout.commanded),
        applied=to_field(rollout.applied),
        noise=to_field(rollout.noise),
        stamps=array("q", rollout.stamps.tolist()),
        valid=rollout.valid,
        reason=rollout.reason,
        interrupted=rollout.interrupted,
        interventions=array("H", rollout.interventions.tolist()),
        ticks=array("q", rollout.ticks.tolist()),
    )
    if rollout.T > 0:
        set_stamp(message.header.stamp, int(rollout.stamps[0]))
    return message
