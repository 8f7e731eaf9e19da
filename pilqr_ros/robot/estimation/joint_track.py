r"""Joints followed from one state to the next: through their wraps, and on the watch for jumps.

From one joint state to the next, a joint can have moved by at most

    v dt + `SLACK`,    v = min(max(v_max, |qd|), 2 |qd| + `UNREPORTED`)

with v_max the speed beyond which the guard stops it and |qd| the larger of both reported speeds. A
joint state in which one has moved more is a jump. It ends a rollout: the fault stays for a while,
so that no tick misses it. Once `CONSISTENT` of them agree with each other, the joints are taken to
be there. After a gap of some control periods (a reset, a driver that starts anew), or if stamps run
backwards, nothing is compared: a new track begins.

A hinge without bounds may be told within one turn by its driver, and wraps then. It is followed:
its position goes on past the wrap, by whole turns from where the track began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.tasks.models import joint_id
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.typing import Array

REACH_PERIODS = 3
"""A gap of more control periods than this begins a new track."""

CONSISTENT = 5
"""Jumps in a row to one place after which the joints are taken to be there."""

SLACK = 0.05
"""A move that is never a jump, however short the time [rad or m]."""

UNREPORTED = 5.0
"""Speed that a joint may have gained and lost between two states [rad/s or m/s]."""

TURN = 2.0 * np.pi


class Sighting(NamedTuple):
    """A stamp [ns] with positions [rad or m] and velocities [rad/s or m/s], ``(n,)`` each."""

    stamp_ns: int
    q: Array
    qd: Array


@dataclass(frozen=True)
class JointMotion:
    """How joints can move.

    Attributes:
        speed: Largest speeds [rad/s or m/s], ``(n,)``; inf where there is no limit.
        endless: Which of them turn without end, ``(n,)``.
        reach_ns: A gap of more than this begins a new track [ns].
        hold_ns: How long a jump stays a fault [ns].
    """

    speed: Array
    endless: NDArray[np.bool_]
    reach_ns: int
    hold_ns: int

    @classmethod
    def of(cls, task: Task, joints: int, hold_ns: int) -> JointMotion:
        """Return how the first of a task's sensed joints can move.

        Of those without a motor, which come last, neither limit nor bounds are known.
        """
        passive = joints - task.dU
        limits = task.guard().overspeed * task.velocity_limits
        return cls(
            np.concatenate([limits, np.full(passive, np.inf)]),
            np.concatenate([_endless(task), np.zeros(passive, dtype=bool)]),
            REACH_PERIODS * task.period_ns,
            hold_ns,
        )

    def reachable(self, first: Sighting, second: Sighting) -> Array:
        """Return how far each joint can have moved from one state to another, ``(n,)``."""
        told = np.maximum(np.abs(first.qd), np.abs(second.qd))
        speed = np.minimum(np.maximum(self.speed, told), 2.0 * told + UNREPORTED)
        reach: Array = speed * (second.stamp_ns - first.stamp_ns) * 1e-9 + SLACK
        return reach

    def followed(self, first: Sighting, second: Sighting) -> Sighting:
        """Return a state with the positions of endless joints less than half a turn away."""
        turns = np.where(self.endless, np.round((second.q - first.q) / TURN), 0.0)
        return second._replace(q=second.q - turns * TURN) if turns.any() else second


class JointTrack:
    """The last joint state that fits those before it.

    Attributes:
        jump: The last jump, as long as it is a fault; else empty.
    """

    def __init__(self, names: Sequence[str], motion: JointMotion) -> None:
        """Wait for the first joint state.

        Args:
            names: The joints, for the messages.
            motion: How they can move.
        """
        self.jump = ""
        self._names, self._motion = names, motion
        self._last: Sighting | None = None
        self._outliers: list[Sighting] = []
        self._jumped_until_ns = 0

    def follow(self, stamp_ns: int, q: Array, qd: Array) -> Array:
        """Return the positions ``(n,)`` [rad or m] of a joint state, followed past their wraps.

        Args:
            stamp_ns: Its stamp [ns].
            q: Positions as told, ``(n,)``.
            qd: Velocities, ``(n,)``.

        Raises:
            StateError: The joints cannot have moved there.
        """
        told, last = Sighting(stamp_ns, q, qd), self._last
        if last is None or not 0 <= stamp_ns - last.stamp_ns <= self._motion.reach_ns:
            return self._begin(told, restarted=last is not None and stamp_ns < last.stamp_ns)
        here = self._motion.followed(last, told)
        jump = self._jump(last, here)
        if jump:
            return self._judge(told, jump)
        self._outliers.clear()
        self._release(stamp_ns)
        self._last = here
        return here.q

    def _begin(self, told: Sighting, *, restarted: bool) -> Array:
        """Begin a new track."""
        self._outliers.clear()
        self._release(told.stamp_ns, at_once=restarted)
        self._last = told
        return told.q

    def _judge(self, told: Sighting, jump: str) -> Array:
        """Take a state that is a jump: refuse it, or believe it if enough of them agree."""
        self.jump, self._jumped_until_ns = jump, told.stamp_ns + self._motion.hold_ns
        if self._outliers and self._jump(self._outliers[-1], told):
            self._outliers.clear()
        self._outliers.append(told)
        if len(self._outliers) < CONSISTENT:
            raise StateError(jump)
        self._outliers.clear()
        self._last = told
        return told.q

    def _release(self, stamp_ns: int, *, at_once: bool = False) -> None:
        """Let a jump be forgotten once it has been a fault for long enough."""
        if at_once or stamp_ns >= self._jumped_until_ns:
            self.jump = ""

    def _jump(self, first: Sighting, second: Sighting) -> str:
        """Return which joint cannot have moved from one state to another; empty if all can."""
        moved, reach = np.abs(second.q - first.q), self._motion.reachable(first, second)
        excess = moved - reach
        if (excess <= 0.0).all():
            return ""
        worst = int(np.argmax(excess))
        milliseconds = (second.stamp_ns - first.stamp_ns) * 1e-6
        return (
            f"{self._names[worst]} jumps by {moved[worst]:.3g} in {milliseconds:.1f} ms, "
            f"allowed: {reach[worst]:.3g}"
        )


def _endless(task: Task) -> NDArray[np.bool_]:
    """Return which of the task's joints are hinges without bounds, ``(dU,)``."""
    model = task.robot_model
    ids = [joint_id(model, name, "joints") for name in task.joints]
    hinges = model.jnt_type[ids] == mujoco.mjtJoint.mjJNT_HINGE
    free: NDArray[np.bool_] = hinges & np.isinf(task.position_limits).all(axis=1)
    return free
