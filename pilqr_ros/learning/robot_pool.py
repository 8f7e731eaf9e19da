"""Spreading rollouts over robots: one collector of several, which answers as one of them would.

What a rollout is (policy, condition, seed) is decided before anybody knows which robot will execute
it, and who asks keeps its place. So the numbers are the same whichever robot executes what, and
with one robot they are those of that robot.

A robot that refuses or does not answer is left out: its rollout goes to another one. So is one
whose rollouts are interrupted over and over, as by a guard that lets no torque pass. It is taken in
again at the next iteration, if it is there then, and left out at the first interruption until it
has executed one rollout. The last robot is never left out for interruptions: they are repeated by
who asks. Where none is left, the last one's error ends the work.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from pilqr_ros.learning.collector import Collector
from pilqr_ros.learning.errors import CollectorError, RolloutInterrupted
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.trajopt.policy import Policy

MAX_INTERRUPTIONS = 3
"""Interruptions in a row after which a robot is left out, as long as there is another one."""

POLL_PERIOD = 0.5
"""How often is looked whether a robot is free; one that becomes so wakes who waits for it [s]."""


class Robot(Collector, Protocol):
    """A collector that is one robot."""

    def is_present(self) -> bool:
        """Tell whether the robot can be asked for a rollout, as far as is known without asking."""


@dataclass
class _Member:
    """A robot of a pool, and how it stands.

    Attributes:
        name: Its name; empty for one that needs none.
        robot: The robot.
        interruptions: How many of its rollouts were interrupted in a row.
        left_out: Why it takes no part; empty if it does.
    """

    name: str
    robot: Robot
    interruptions: int = 0
    left_out: str = ""

    def told(self, reason: str) -> str:
        """Return what was said of it with its name."""
        return f"{self.name}: {reason}" if self.name else reason


class RobotPool:
    """Executes policies on whichever robot is free; to be asked from as many threads as robots.

    Attributes:
        size: How many robots there are, whether they take part or not.
    """

    def __init__(
        self, robots: Mapping[str, Robot], on_change: Callable[[str], None] = lambda change: None
    ) -> None:
        """Let every robot take part.

        Args:
            robots: Them by name.
            on_change: Told in words who is left out, and why, and who takes part again.
        """
        self._members = [_Member(name, robot) for name, robot in robots.items()]
        self.size = len(self._members)
        self._on_change = on_change
        self._changed = threading.Condition()
        self._idle = deque(self._members)
        self._iteration: int | None = None

    def begin_work(self) -> None:
        """Let every robot take part: somebody has asked for work, and may have looked after it."""
        self._iteration = None
        with self._changed:
            for member in self._members:
                member.interruptions, member.left_out = 0, ""
            self._idle = deque(self._members)

    def begin_iteration(self, iteration: int) -> None:
        """Let those robots take part again that are there; to be called while none is asked.

        Args:
            iteration: Which iteration is under way; of the same one nothing begins.
        """
        if iteration == self._iteration:
            return
        self._iteration = iteration
        for member in self._members:
            if member.left_out and member.robot.is_present():
                self._take_in(member)

    def has_others(self, name: str) -> bool:
        """Tell whether another robot than the one with this name takes part."""
        with self._changed:
            return any(each.name != name and not each.left_out for each in self._members)

    def left_out(self) -> dict[str, str]:
        """Return why each robot takes no part that takes none, by name."""
        with self._changed:
            return {each.name: each.left_out for each in self._members if each.left_out}

    def collect(
        self, policy: Policy, condition: int, seed: int, explore: bool, jitter: bool
    ) -> Rollout:
        """Execute a policy once on a robot that is free.

        Raises:
            RolloutInterrupted: A robot fell silent during the rollout.
            CollectorError: No robot is left; the message says why each one is not.
        """
        while True:
            member = self._take()
            try:
                rollout = member.robot.collect(policy, condition, seed, explore, jitter)
            except RolloutInterrupted as error:
                self._note(member, str(error))
                raise RolloutInterrupted(member.told(str(error))) from error
            except CollectorError as error:
                self._leave_out(member, str(error))
                if self._left() == 0:
                    raise self._nobody() from error
            else:
                self._note(member, rollout.reason if rollout.interrupted else "")
                return replace(rollout, robot=member.name)
            finally:
                self._give_back(member)

    def _take(self) -> _Member:
        """Return a robot that is free, the longest free one first.

        Another thread has the ones that are not, and every rollout comes to an end.

        Raises:
            CollectorError: None is left.
        """
        with self._changed:
            while not self._idle:
                if self._left() == 0:
                    raise self._nobody()
                self._changed.wait(POLL_PERIOD)
            return self._idle.popleft()

    def _give_back(self, member: _Member) -> None:
        with self._changed:
            if not member.left_out:
                self._idle.append(member)
            self._changed.notify_all()

    def _left(self) -> int:
        return sum(not member.left_out for member in self._members)

    def _nobody(self) -> CollectorError:
        """Return the error that no robot is left."""
        reasons = "; ".join(member.told(member.left_out) for member in self._members)
        return CollectorError(reasons if self.size == 1 else f"no robot is left: {reasons}")

    def _note(self, member: _Member, interruption: str) -> None:
        """Note how a rollout of a robot ended: why it was interrupted, or empty."""
        member.interruptions = member.interruptions + 1 if interruption else 0
        if member.interruptions >= MAX_INTERRUPTIONS:
            self._leave_out(member, interruption, unless_last=True)

    def _leave_out(self, member: _Member, reason: str, *, unless_last: bool = False) -> None:
        with self._changed:
            if unless_last and self._left() == 1:
                return
            member.left_out = reason
        if self.size > 1:
            self._on_change(f"{member.name} is left out until the next iteration: {reason}")

    def _take_in(self, member: _Member) -> None:
        """Let a robot take part again; its next interruption is one too many."""
        with self._changed:
            member.interruptions, member.left_out = MAX_INTERRUPTIONS - 1, ""
            self._idle.append(member)
        self._on_change(f"{member.name} takes part again")
