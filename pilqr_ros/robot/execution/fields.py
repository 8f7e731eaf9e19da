"""From the fields of a decoded message to arrays, whether rclpy or a reader of bags decoded it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from pilqr_ros.robot.execution.errors import MessageError
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.trajopt.typing import Array

MAX_DIMENSION = 2**20
"""Largest number of steps, states or joints that a message may announce."""


def from_field(name: str, values: Sequence[float], shape: tuple[int, ...], meaning: str) -> Array:
    """Return a copy of a `float64[]` field in its shape.

    Raises:
        MessageError: The field has another number of entries, or a dimension is beyond any.
    """
    if max(shape) > MAX_DIMENSION:  # with a zero beside it there would be no entries to miss
        raise MessageError(f"{name}'s largest dimension", max(shape), MAX_DIMENSION, "at most")
    if len(values) != prod(shape):
        raise MessageError(name, len(values), prod(shape), meaning)
    return np.array(values, dtype=np.float64).reshape(shape)


def rollout_from_message(message: Any) -> Rollout:  # noqa: ANN401
    """Return the rollout of a `pilqr_msgs/msg/Rollout`.

    Raises:
        MessageError: An array does not have the announced size.
    """
    T, dX, dU = message.steps, message.state_dim, message.action_dim
    for name in ("stamps", "interventions"):
        if len(getattr(message, name)) != T:
            raise MessageError(name, len(getattr(message, name)), T, "T")
    if len(message.ticks) not in (0, T):
        raise MessageError("ticks", len(message.ticks), T, "T")
    return Rollout(
        condition=message.condition,
        seed=message.seed,
        states=from_field("states", message.states, (T, dX), "T dX"),
        commanded=from_field("commanded", message.commanded, (T, dU), "T dU"),
        applied=from_field("applied", message.applied, (T, dU), "T dU"),
        noise=from_field("noise", message.noise, (T, dU), "T dU"),
        stamps=np.array(message.stamps, dtype=np.int64),
        interventions=np.array(message.interventions, dtype=np.int64),
        ticks=np.array(message.ticks, dtype=np.int64),
        valid=message.valid,
        reason=message.reason,
        interrupted=message.interrupted,
    )
