"""A body that motion capture sees: its poses are judged, and its velocity comes from them.

A sensor's readings are followed in the same way, by their age.

A pose further from the last one than the body can move, or turned further than it can turn, is an
outlier: a set of markers that is taken for its mirror image keeps its place. One outlier is passed
over. While two or more come in a row, the body's state is not valid; once `consistent` of them
agree with each other, the body is taken to be there, and is valid again one control period later,
so that no tick misses that it jumped. After a gap of some control periods (drop-out, a reset)
nothing is compared: a new track begins.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from pilqr_ros.robot.estimation.body_velocity import Pose, VelocityFilter, velocity
from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.estimation.timeline import Timeline
from pilqr_ros.trajopt.typing import Array

REACH_PERIODS = 3
"""A gap of more control periods than this begins a new track."""

MAX_AGE_PERIODS = 2
"""Poses older than this many control periods are too old, unless told otherwise."""

_SLACK = 0.01
"""A move that is never a jump, however short the time [m]."""

_TURN_SLACK = 0.1
"""A turn that is never a jump, however short the time [rad]."""

_WITH_AXES = 12
"""Coordinates of a body that is followed with its three axes."""


@dataclass(frozen=True)
class Tracking:
    """How tracked bodies are judged and differentiated.

    Attributes:
        period_ns: Control period [ns].
        max_age_ns: How much older than the joint state a pose may be, or younger [ns].
        speed_limit: Largest speed of a body [m/s]; None: jumps are not judged.
        turn_limit: Fastest turn of a body that is followed with its axes [rad/s]; None: turns are
            not judged.
        consistent: Outliers in a row that agree with each other after which they are believed.
        window_ns: Time over which a velocity is taken [ns]; it is half of that late.
        velocity_filter: How a velocity is computed.
    """

    period_ns: int
    max_age_ns: int
    window_ns: int
    speed_limit: float | None = None
    turn_limit: float | None = None
    consistent: int = 5
    velocity_filter: VelocityFilter = "difference"

    @classmethod
    def at_period(cls, period_ns: int) -> Tracking:
        """Return the default at a control period [ns]."""
        return cls(period_ns, MAX_AGE_PERIODS * period_ns, period_ns)


class TrackedBody:
    """The last poses of a body in the robot's base frame."""

    def __init__(self, name: str, tracking: Tracking, what: str = "pose") -> None:
        """Wait for the first pose.

        Args:
            name: The body, or sensor.
            tracking: How it is judged.
            what: What comes of it, for messages.
        """
        self._name, self._tracking = f"{what} of {name}", tracking
        self._timeline = Timeline()
        self._poses: deque[Pose] = deque()
        self._outliers: list[Pose] = []
        self._jump = ""
        self._jumped_until_ns = -1
        self._resumed_ns: int | None = None

    @property
    def stamp_ns(self) -> int | None:
        """Stamp of the newest pose, outlier or not [ns]."""
        return self._timeline.last_ns

    def on_pose(self, stamp_ns: int, coordinates: Array) -> None:
        """Take a position [m], ``(3,)``, after which other coordinates of the body may stand.

        Raises:
            StateError: The pose is an outlier, or its stamp runs backwards.
        """
        last_ns = self._timeline.last_ns
        if not self._timeline.admit(stamp_ns):
            raise StateError(f"{self._name} stamped {stamp_ns} ns comes after a later one")
        if stamp_ns == last_ns:
            return
        pose = Pose(stamp_ns, coordinates)
        if last_ns is None or not 0 < stamp_ns - last_ns <= self._reach_ns:
            self._begin(pose)
            self._resumed_ns = None if last_ns is None or stamp_ns < last_ns else stamp_ns
        elif self._outliers or self._is_jump(self._poses[-1], pose):
            self._judge(pose)
        else:
            self._append(pose)

    def fault(self, stamp_ns: int) -> str:
        """Return why the body's state at a stamp is not valid; empty if it is."""
        if not self._poses:
            return f"no {self._name} has come yet"
        if len(self._outliers) > 1:
            return self._jump
        if stamp_ns < self._jumped_until_ns:
            return self._jump
        return self._age_fault(stamp_ns - self._poses[-1].stamp_ns)

    def is_before_gap(self, stamp_ns: int) -> bool:
        """Tell whether a stamp is from before a gap that poses have just come after.

        A reset makes the clock jump, and what was sent before may still be on its way. Of clocks
        that differ for good, this is not true for longer than a pose's largest age.
        """
        if self._resumed_ns is None:
            return False
        max_age_ns = self._tracking.max_age_ns
        just_resumed = self._poses[-1].stamp_ns - self._resumed_ns <= max_age_ns
        return just_resumed and stamp_ns < self._resumed_ns - max_age_ns

    def motion(self) -> tuple[Array, Array]:
        """Return coordinates, position [m] first, and their velocities at the newest pose."""
        tracking = self._tracking
        speed = velocity(self._poses, tracking.window_ns, tracking.velocity_filter)
        return self._poses[-1].coordinates, speed

    @property
    def _reach_ns(self) -> int:
        return REACH_PERIODS * self._tracking.period_ns

    def _age_fault(self, age_ns: int) -> str:
        """Return what is wrong with a pose's age against the joint state; nothing if it is not."""
        allowed_ns = self._tracking.max_age_ns
        if abs(age_ns) <= allowed_ns:
            return ""
        allowed = f"allowed: {allowed_ns * 1e-6:.1f} ms"
        if age_ns < 0:
            ahead = f"{self._name} is {-age_ns * 1e-6:.1f} ms ahead of the joint state"
            return f"{ahead}, {allowed}: their clocks differ"
        return f"{self._name} is {age_ns * 1e-6:.1f} ms old, {allowed}"

    def _judge(self, pose: Pose) -> None:
        """Take a pose that is an outlier or follows one."""
        if self._returns(pose):
            self._outliers.clear()
            self._append(pose)
            return
        if self._outliers and self._is_jump(self._outliers[-1], pose):
            self._outliers.clear()
        self._outliers.append(pose)
        self._jump = self._describe(self._poses[-1], pose)
        if len(self._outliers) < self._tracking.consistent:
            raise StateError(self._jump)
        believed = list(self._outliers)
        self._begin(believed[0])
        self._poses.extend(believed[1:])
        self._jumped_until_ns = pose.stamp_ns + self._tracking.period_ns

    def _returns(self, pose: Pose) -> bool:
        """Tell whether a pose goes on with the track, and not with the outliers after it.

        The longer they last, the further the body could have come in the meantime: a pose that
        could be either belongs to what it is nearer to.
        """
        if pose.stamp_ns - self._poses[-1].stamp_ns > self._tracking.max_age_ns:
            return False
        share = max(self._shares(self._poses[-1], pose))
        return share <= 1.0 and (
            not self._outliers or share <= max(self._shares(self._outliers[-1], pose))
        )

    def _begin(self, pose: Pose) -> None:
        """Begin a new track."""
        self._poses.clear()
        self._outliers.clear()
        self._jumped_until_ns = -1
        self._poses.append(pose)

    def _append(self, pose: Pose) -> None:
        """Go on with the track."""
        self._poses.append(pose)
        reach_ns = REACH_PERIODS * self._tracking.window_ns
        while pose.stamp_ns - self._poses[0].stamp_ns > reach_ns:
            self._poses.popleft()

    def _is_jump(self, first: Pose, second: Pose) -> bool:
        """Tell whether a body cannot have moved or turned from one pose to another."""
        return max(self._shares(first, second)) > 1.0

    def _shares(self, first: Pose, second: Pose) -> tuple[float, float]:
        """Return how far a body moved and turned between poses, as shares of how far it can."""
        seconds = (second.stamp_ns - first.stamp_ns) * 1e-9
        speed, turn = self._tracking.speed_limit, self._tracking.turn_limit
        moved = turned = 0.0
        if speed is not None:
            moved = _distance(first, second) / (speed * seconds + _SLACK)
        if turn is not None and first.coordinates.size == _WITH_AXES:
            turned = _angle(first, second) / (turn * seconds + _TURN_SLACK)
        return moved, turned

    def _describe(self, first: Pose, second: Pose) -> str:
        """Return a jump in words."""
        within = f"in {(second.stamp_ns - first.stamp_ns) * 1e-6:.1f} ms, allowed:"
        moved, turned = self._shares(first, second)
        speed, turn = self._tracking.speed_limit, self._tracking.turn_limit
        if speed is None or turned > moved:
            return f"{self._name} turns by {_angle(first, second):.3g} rad {within} {turn:g} rad/s"
        return f"{self._name} jumps by {_distance(first, second):.3g} m {within} {speed:g} m/s"


def _distance(first: Pose, second: Pose) -> float:
    """Return the distance of two poses [m]."""
    return float(np.linalg.norm(second.coordinates[:3] - first.coordinates[:3]))


def _angle(first: Pose, second: Pose) -> float:
    """Return the angle from one pose's axes to another's [rad], in [0, pi].

    Axes whose rotations differ by an angle are sqrt(8) sin(angle / 2) apart in the Frobenius norm.
    They have no sign that means nothing, as a quaternion has.
    """
    difference = np.linalg.norm(second.coordinates[3:_WITH_AXES] - first.coordinates[3:_WITH_AXES])
    return float(2.0 * np.arcsin(min(difference / np.sqrt(8.0), 1.0)))
