"""Errors of the robot loop."""

from pilqr_ros.errors import PilqrError


class StateError(PilqrError):
    """The state cannot be estimated; the message says which input is missing, old or not finite."""


class RolloutAborted(PilqrError):
    """A rollout cannot go on; the message names the step and the entry of state or torque."""
