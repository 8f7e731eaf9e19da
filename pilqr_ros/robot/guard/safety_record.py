"""What outlives a guard: whether torque may pass, on the disk.

A guard that starts does not know whether its predecessor was stopped. It may pass torque only where
the record says so; where there is none that can be read, it is stopped. A change is on the disk
before it is acknowledged.

Whoever starts a graph prepares the record (`prepare`): a stop stays, anything else becomes what the
graph is to start with. Only there does a missing record mean that nothing was ever stopped, and
only where nothing at all has its name: a link that leads nowhere, a pipe or an empty file leaves
doubt, which counts as a stop. So nothing here ever removes a record. A stop that cannot be written
leaves an empty one; where not even that can be done, as on a disk that became read-only, a guard
that starts cannot write its record either, and is stopped for that (see `RecordedSwitch`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from pilqr_ros.foreign_file import read_foreign
from pilqr_ros.robot.guard.errors import NoRecordError, RecordError
from pilqr_ros.ros_domain import ros_domain
from pilqr_ros.synced_file import empty_file, replace_file

MAX_BYTES = 10_000
"""A record is never longer; a reason is cut to `MAX_REASON` characters."""
MAX_REASON = 500


class SafetyState(Enum):
    """Whether torque may pass."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    STOPPED = "stopped"


class SafetyEntry(NamedTuple):
    """What a record holds: the state, why, and since when (UTC, ISO 8601)."""

    state: SafetyState
    reason: str
    since: str


class SafetyRecord:
    """The record of one guard.

    Args:
        path: Its file.
        now: Returns the present time; the wall clock's if not given.
    """

    def __init__(self, path: Path, now: Callable[[], str] | None = None) -> None:
        """Name the file; nothing is read or written yet."""
        self.path = path
        self._now = _utc if now is None else now

    def read(self) -> SafetyEntry:
        """Return what is recorded.

        Raises:
            NoRecordError: There is nothing of that name.
            RecordError: What is there cannot be read as a record.
        """
        try:
            return _parse(json.loads(read_foreign(self.path, MAX_BYTES)))
        except (FileNotFoundError, NotADirectoryError) as error:
            if os.path.lexists(self.path):
                raise RecordError(self.path, "it is a link that leads nowhere") from error
            raise NoRecordError(self.path) from error
        except (OSError, ValueError, RecursionError) as error:
            raise RecordError(self.path, f"it cannot be read ({error})") from error

    def write(self, state: SafetyState, reason: str = "") -> None:
        """Record a state; when this returns, it is on the disk.

        Raises:
            RecordError: It cannot be written. Unless it was to let torque pass, the record is made
                unreadable, so that the next guard is stopped; the message says if it was not.
        """
        entry = {"state": state.value, "reason": reason[:MAX_REASON], "since": self._now()}
        content = (json.dumps(entry) + "\n").encode()
        try:
            replace_file(self.path, lambda file: file.write(content))
        except OSError as error:
            what = f"it cannot be written ({error.strerror or error})"
            if state is not SafetyState.ENABLED:
                what += f"; {self._spoil()}"
            raise RecordError(self.path, what) from error

    def prepare(self, *, enabled: bool) -> str:
        """Record what a graph is to start with, unless a stop is recorded, or something unreadable.

        Returns:
            Why the guard will be stopped; empty if it will not.

        Raises:
            RecordError: Nothing can be written.
        """
        try:
            found = self.read()
            if found.state is SafetyState.STOPPED:
                return f"{found.reason}, since {found.since}"
        except NoRecordError:
            pass
        except RecordError as error:
            return str(error)
        self.write(SafetyState.ENABLED if enabled else SafetyState.DISABLED)
        return ""

    def reset(self, reason: str) -> str:
        """Release a stop where no guard runs that could do it; nothing passes by that alone.

        Args:
            reason: Who does, to be recorded.

        Returns:
            What was released: why and since when it was stopped, or what is in doubt.

        Raises:
            NoRecordError: There is none: nothing was stopped.
            RecordError: No stop is recorded, or it cannot be written.
        """
        try:
            found = self.read()
        except NoRecordError:
            raise
        except RecordError as error:
            released = str(error)
        else:
            if found.state is not SafetyState.STOPPED:
                raise RecordError(self.path, f"no stop is recorded, but {found.state.value!r}")
            released = f"{found.reason}, since {found.since}"
        self.write(SafetyState.DISABLED, reason)
        return released

    def _spoil(self) -> str:
        """Make the record unreadable, and tell what a guard that starts makes of what is there."""
        with suppress(OSError):
            empty_file(self.path)
        try:
            stopped = self.read().state is SafetyState.STOPPED
        except NoRecordError:
            stopped = False
        except RecordError:
            stopped = True
        if stopped:
            return "a guard that is started anew will be stopped"
        return "nor emptied: a guard that is started anew may pass torque once it can be written"


def record_path(namespace: str, directory: str = "") -> Path:
    """Return the file of the guard's record in the present ROS domain.

    Args:
        namespace: The guard's namespace.
        directory: Where records lie; empty: the user's folder for what programs remember.

    Raises:
        DomainError: The environment gives no domain.
    """
    if not directory:
        home = os.environ.get("XDG_STATE_HOME") or os.fspath(Path.home() / ".local" / "state")
        directory = os.fspath(Path(home, "pilqr_ros", "guard"))
    return Path(directory, f"{ros_domain()}_{namespace.strip('/').replace('/', '.')}.json")


def _parse(value: Any) -> SafetyEntry:  # noqa: ANN401
    """Return a record's entry.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, dict) or set(value) != set(SafetyEntry._fields):
        raise ValueError(f"expected the keys {', '.join(SafetyEntry._fields)}")
    texts = {key: str(text) for key, text in value.items()}
    return SafetyEntry(SafetyState(texts["state"]), texts["reason"], texts["since"])


def _utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
