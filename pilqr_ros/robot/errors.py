"""Errors of the robot loop."""

from pathlib import Path

from pilqr_ros.errors import PilqrError
from pilqr_ros.tasks.errors import ConfigError


class StateError(PilqrError):
    """The state cannot be estimated; the message says which input is missing, old or not finite."""


class RolloutAborted(PilqrError):
    """A rollout cannot go on; the message names the step and the entry of state or torque.

    Attributes:
        interrupted: Whether that is not of the policy and the robot (see `Rollout.interrupted`).
    """

    def __init__(self, message: str, *, interrupted: bool = False) -> None:
        """Say what happened, and whether the same rollout may be repeated."""
        super().__init__(message)
        self.interrupted = interrupted


class PolicyError(PilqrError):
    """A policy cannot be executed; the message names the entry, its value and what is allowed."""


class MessageError(PilqrError):
    """A message's field does not fit the others; the message names the field."""

    def __init__(self, field: str, size: int, expected: int, meaning: str) -> None:
        """Name the field, its size and the size that is expected."""
        super().__init__(f"{field} has {size} entries, expected {expected} ({meaning})")


class RobotConfigError(ConfigError):
    """A robot's file does not fit; the message names key, value and what is allowed."""


class RecordError(PilqrError):
    """The guard's record cannot be read or written; the message names the file and why."""

    def __init__(self, path: Path, what: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(f"record {path}: {what}")


class NoRecordError(RecordError):
    """There is no record of the guard."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path, "there is none")
