"""Telling a goal's work to end.

A stop belongs to one goal, exists from the goal's first cancellation or the beginning of its work,
whichever comes first, and is never taken back. So neither does the beginning of the work forget a
cancellation that came before it, nor does the cancellation of one goal reach another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rclpy.action.server import ServerGoalHandle

from pilqr_ros.learning.errors import TrainingStopped

KEPT = "stopped; everything that was finished is kept"
"""What is said of a training that was told to end."""


class Stop:
    """Tells one piece of work to end, once and for all."""

    def __init__(self, told: str = KEPT) -> None:
        """Let the work go on.

        Args:
            told: What is said when it ends because it was told to.
        """
        self._told = told
        self._lock = threading.Lock()
        self._requested = False
        self._acts: list[Callable[[], object]] = []

    def requested(self) -> bool:
        """Tell whether the work is to end."""
        return self._requested

    def request(self) -> None:
        """Let the work end."""
        with self._lock:
            first, self._requested = not self._requested, True
            for act in self._acts if first else ():
                act()

    def check(self) -> None:
        """Raise if the work is to end.

        Raises:
            TrainingStopped: It is.
        """
        if self._requested:
            raise TrainingStopped(self._told)

    @contextmanager
    def acting(self, act: Callable[[], object]) -> Iterator[None]:
        """Call a function when the work is to end, if that is while the block lasts or before it.

        Blocks of several threads may last at the same time.

        Args:
            act: Called once, from any thread; it may not block.
        """
        with self._lock:
            self._acts.append(act)
            if self._requested:
                act()
        try:
            yield
        finally:
            with self._lock:
                self._acts.remove(act)


class GoalStops:
    """The stops of an action server's goals."""

    def __init__(self, told: str = KEPT) -> None:
        """Know of no goal.

        Args:
            told: What is said of one that ends because it was told to.
        """
        self._told = told
        self._stops: dict[bytes, Stop] = {}

    def of(self, goal: ServerGoalHandle) -> Stop:
        """Return the stop of a goal, whether its work has begun or not."""
        return self._stops.setdefault(bytes(goal.goal_id.uuid), Stop(self._told))

    @contextmanager
    def during(self, goal: ServerGoalHandle) -> Iterator[Stop]:
        """Return the stop of a goal that is worked on while the block lasts, its last."""
        try:
            yield self.of(goal)
        finally:
            del self._stops[bytes(goal.goal_id.uuid)]
