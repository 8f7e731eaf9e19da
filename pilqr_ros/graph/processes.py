"""Several processes that live together and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO

from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.respawning import CANNOT_START, DELAY, RespawnPolicy
from pilqr_ros.lifetime import FOLLOW_PARENT, ending_deferred

Output = Callable[[str, str], None]
"""Takes a process's name and a line that it printed."""

POLL_PERIOD = 0.05
KEPT_LINES = 20
STOPPING = ((signal.SIGINT, 5.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0))
"""The signals that end a process, in turn, and how long each is given [s]."""

NO_WINDOW = {"MUJOCO_GL": "disable"}
"""Unless told otherwise, MuJoCo looks for a window's library while it is imported, in a process of
its own that prints a traceback when this one is ended."""


@dataclass
class Member:
    """One process of a group and the last lines that it printed."""

    name: str
    process: subprocess.Popen[str]
    last_lines: deque[str]
    reader: threading.Thread
    began: float


class ProcessGroup:
    """Starts processes, forwards what they print, and ends all of them together.

    Each starts with the signals that end it blocked and calls `allow_ending` once it can end
    cleanly; one that does not is killed.

    Args:
        commands: Command line of each process, by name.
        on_output: Takes each line that a process prints.
        respawn: Whether a process that ends is started again, unless it never could run.
        spare: Processes without which the others go on, unless they never could run.
    """

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        on_output: Output,
        *,
        respawn: bool = False,
        spare: Collection[str] = (),
    ) -> None:
        """Remember what to start."""
        self._commands = commands
        self._on_output = on_output
        self._members: list[Member] = []
        self._lock = threading.Lock()
        self._ended: list[Member] = []
        self._spare, self._missed = spare, set[str]()
        self._policy = RespawnPolicy() if respawn else None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def __enter__(self) -> ProcessGroup:
        """Start every process."""
        try:
            for name, command in self._commands.items():
                self._members.append(self._start(name, command))
        except BaseException:
            self.stop()
            raise
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every process."""
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        with self._lock:
            return {member.name: member.process.pid for member in self._members}

    def first_ended(self) -> Member | None:
        """Return a process that has ended for good, if one has."""
        with self._lock:
            return self._ended[0] if self._ended else None

    def check(self) -> None:
        """Raise unless every process is alive or about to be started again.

        Raises:
            GraphError: One has ended; the message names it and what it said last.
        """
        member = self.first_ended()
        if member is not None:
            member.reader.join(timeout=1.0)
            said = " | ".join(member.last_lines) or "nothing"
            code = member.process.returncode
            raise GraphError(f"{member.name} ended with code {code}; it said last: {said}")

    def wait(self) -> int:
        """Wait until the first process ends for good and return its exit code."""
        while True:
            member = self.first_ended()
            if member is not None:
                return member.process.returncode
            time.sleep(POLL_PERIOD)

    def stop(self) -> None:
        """End every process: ask, then insist, then kill."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for number, seconds in STOPPING:
            alive = [m.process for m in self._members if m.process.poll() is None]
            for process in alive:
                process.send_signal(number)
            _await(alive, seconds)
        for member in self._members:
            member.reader.join(timeout=1.0)

    def _watch(self) -> None:
        """Look for processes that ended, and start again those that are to go on."""
        due: dict[str, float] = {}
        while not self._stopping.wait(POLL_PERIOD):
            for index, member in enumerate(self._members):
                if member.process.poll() is None or member in self._ended:
                    continue
                if member.name in self._missed:
                    continue
                now = time.monotonic()
                if member.name not in due and not self._is_respawned(member, now):
                    self._end(member)
                elif now >= due.setdefault(member.name, now + DELAY):
                    del due[member.name]
                    with self._lock:
                        self._members[index] = self._start(member.name, self._commands[member.name])

    def _end(self, member: Member) -> None:
        """Note that a process has ended for good."""
        code = member.process.returncode
        if member.name in self._spare and code != CANNOT_START:
            self._missed.add(member.name)
            self._on_output(member.name, f"ended with code {code}; the others go on")
            return
        with self._lock:
            self._ended.append(member)

    def _is_respawned(self, member: Member, now: float) -> bool:
        """Decide about a process that has just been seen to have ended, and tell it."""
        code = member.process.returncode
        if self._policy is None or not self._policy.wants(member.name, code, now - member.began):
            return False
        self._on_output(member.name, f"ended with code {code}; it is started again")
        return True

    def _start(self, name: str, command: Sequence[str]) -> Member:
        """Start one process and a thread that reads what it prints."""
        with ending_deferred():
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # the terminal's Ctrl-C is this process's to pass on
                env={
                    **NO_WINDOW,
                    **os.environ,
                    "PYTHONUNBUFFERED": "1",
                    FOLLOW_PARENT: str(os.getpid()),
                },
            )
        assert process.stdout is not None
        lines: deque[str] = deque(maxlen=KEPT_LINES)
        reader = threading.Thread(
            target=self._read,
            args=(name, process.stdout, lines),
            name=f"{name} output",
            daemon=True,
        )
        reader.start()
        return Member(name, process, lines, reader, time.monotonic())

    def _read(self, name: str, stream: IO[str], lines: deque[str]) -> None:
        """Forward a process's lines until it closes its output."""
        for line in stream:
            lines.append(line.rstrip("\n"))
            self._on_output(name, lines[-1])


def _await(processes: Sequence[subprocess.Popen[str]], seconds: float) -> None:
    """Wait until all processes have ended or the time is over."""
    deadline = time.monotonic() + seconds
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return
