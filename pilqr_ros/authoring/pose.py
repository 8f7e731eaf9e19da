r"""Finding a start: joint positions that bring a site of the arm to a place.

With p(q) where the site is, a(q) the direction of one of its axes, and q_0 where the arm is now,

    minimise  |p(q) - p*|^2 + l^2 |a(q) - a*|^2 + NEAR^2 |q - q_0|^2      within the joints' bounds

(l the distance of the site from the first joint at q_0; the second term only where a direction is
wanted). The last term chooses among the poses of a redundant arm the one nearest to the present
one. From there it may lead to a minimum that is none of the whole, so random poses are tried, too,
until one gets there.
"""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np
from scipy.optimize import least_squares

from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.authoring.reach import search_bounds
from pilqr_ros.authoring.starts import touching_robot
from pilqr_ros.simulation.errors import ResetError
from pilqr_ros.simulation.placement import verify_clearance
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.models import ROBOT_PREFIX, element_id, joint_id, short_name
from pilqr_ros.trajopt.typing import Array

NEAR = 1e-3
"""Weight of a joint's way against the site's error [m/rad]."""

THERE = 1e-3
"""A site that is no farther from its place is there [m]."""

ALIGNED = 0.01
"""A direction that differs by no more is met [rad]."""

DIGITS = 4
"""Decimals of joint positions that are written."""

_TRIES = 40
"""Random poses to begin from."""

AXES = ("x", "y", "z")


class Wanted(NamedTuple):
    """Where a site is to be.

    Attributes:
        site: Its name.
        place: Where [m], ``(3,)``.
        axis: Which of its axes, 0 to 2, is to have a direction.
        direction: The direction, ``(3,)``; None for any.
    """

    site: str
    place: Array
    axis: int = 0
    direction: Array | None = None


class FoundPose(NamedTuple):
    """Joint positions that were found.

    Attributes:
        q: Rounded as they are written [rad or m], ``(dU,)``.
        error: How far the site then is from its place [m].
        angle: How far its axis is from the direction that is wanted [rad]; 0 where none is.
        touching: Pairs of bodies that touch, of which one is the robot's.
        outside: Joints that are outside their bounds, in words: those of a start in the task file.
        refused: Why no rollout could begin there, though the robot touches nothing; else empty.
    """

    q: Array
    error: float
    angle: float
    touching: tuple[str, ...]
    outside: tuple[str, ...] = ()
    refused: str = ""

    @property
    def is_a_start(self) -> bool:
        """Whether a rollout can begin there."""
        return not (self.touching or self.outside or self.refused)

    @property
    def there(self) -> bool:
        """Whether it is as wanted."""
        return self.error <= THERE and self.angle <= ALIGNED


class Poser:
    """The arm of a task in the world of one of its conditions, moved by hand.

    Attributes:
        model: The world's model.
        data: Its state.
        start: The condition's joint positions [rad or m], ``(dU,)``.
        bounds: Lower and upper bounds of the joints, ``(dU,)`` each; half a turn about the start
            where there are none.

    A start outside the bounds is taken as it is: from there it is to be mended.
    """

    def __init__(self, task: Task, condition: int = 0) -> None:
        """Place the bodies and the arm as the condition has them.

        Raises:
            TaskError: There is no such condition.
        """
        world, self._unplaced = World(task), ""
        try:
            world.reset(condition, seed=0, jitter=False)
        except ResetError as error:
            mujoco.mj_forward(world.model, world.data)  # the joints are where they are to be
            self._unplaced = "" if _overlap(world.model, world.data) else str(error)
        self.model, self.data = world.model, world.data
        self.start = task.conditions[condition].start.copy()
        self.bounds = search_bounds(task.position_limits, self.start)
        self._joints = tuple(zip(task.joints, task.joint_units.position, strict=True))
        self._limits = task.position_limits
        ids = [joint_id(self.model, name, "joints") for name in task.joints]
        self._qpos, self._base = self.model.jnt_qposadr[ids], int(self.model.jnt_bodyid[ids[0]])
        self._length = 0.0

    @property
    def q(self) -> Array:
        """Where the joints are, ``(dU,)``."""
        return self.data.qpos[self._qpos].copy()

    def move(self, q: Array) -> None:
        """Bring the joints to a pose ``(dU,)``; everything else stays."""
        self.data.qpos[self._qpos] = q
        mujoco.mj_forward(self.model, self.data)

    def sites(self) -> list[str]:
        """Return the robot's sites, as their own files name them."""
        names = (self.model.site(i).name for i in range(self.model.nsite))
        return [short_name(name) for name in names if name.startswith(ROBOT_PREFIX)]

    def place(self, site: str) -> Array:
        """Return where a site is [m], ``(3,)``."""
        return self.data.site_xpos[self._site(site)].copy()

    @property
    def touching(self) -> tuple[str, ...]:
        """Pairs of bodies that touch, of which one is the robot's."""
        pairs = touching_robot(self.model, self.data)
        return tuple(sorted(" and ".join(pair) for pair in pairs))

    @property
    def refused(self) -> str:
        """Why no rollout could begin with everything where it is now; empty if it could."""
        return self._unplaced or _overlap(self.model, self.data)

    @property
    def outside(self) -> tuple[str, ...]:
        """Joints that are outside their bounds, each in words with how far."""
        found = []
        for (name, unit), q, (lower, upper) in zip(self._joints, self.q, self._limits, strict=True):
            if not lower <= q <= upper:
                bound = lower if q < lower else upper
                away = f"{abs(q - bound):.4g} {unit} {'below' if q < lower else 'above'}"
                found.append(f"{name} is at {q:.4g}, {away} its bound of {bound:.4g}")
        return tuple(found)

    @property
    def found(self) -> FoundPose:
        """The present pose, as one that nothing was wanted of."""
        return self._as_it_is(self.q, 0.0, 0.0, self.outside)

    def solve(self, wanted: Wanted, tries: int = _TRIES) -> FoundPose:
        """Bring the arm to the nearest pose that was found, and return it.

        Args:
            wanted: Where the site is to be.
            tries: How many random poses to begin from where the present one does not lead there.

        Raises:
            AuthoringError: A number is not finite, or the direction has no length.
            TaskError: There is no such site.
        """
        _check(wanted)
        rng, here = np.random.default_rng(0), self.q
        self._length = float(np.linalg.norm(self.place(wanted.site) - self.data.xpos[self._base]))
        best = self._descend(wanted, here, here)
        for _ in range(tries):
            if best.there:
                break
            found = self._descend(wanted, rng.uniform(*self.bounds), here)
            best = min(best, found, key=lambda pose: max(pose.error / THERE, pose.angle / ALIGNED))
        self.move(best.q)
        return best

    def _descend(self, wanted: Wanted, q: Array, near: Array) -> FoundPose:
        """Return the least of the sum above from a pose on."""
        lower, upper = self.bounds
        inside = np.clip(q, lower + 1e-9, upper - 1e-9)

        def residual(q: Array) -> Array:
            self.move(q)
            place, direction = self._errors(wanted)
            return np.concatenate([place, self._length * direction, NEAR * (q - near)])

        found = least_squares(residual, inside, bounds=(lower, upper)).x
        # Rounded towards the inside: what is written must be within the bounds, too.
        unit = 10.0**DIGITS
        rounded = np.clip(
            np.round(found, DIGITS), np.ceil(lower * unit) / unit, np.floor(upper * unit) / unit
        )
        self.move(rounded)
        place, direction = self._errors(wanted)
        angle = 2.0 * np.arcsin(min(1.0, 0.5 * float(np.linalg.norm(direction))))
        return self._as_it_is(rounded, float(np.linalg.norm(place)), float(angle))

    def _as_it_is(
        self, q: Array, error: float, angle: float, outside: tuple[str, ...] = ()
    ) -> FoundPose:
        touching = self.touching
        return FoundPose(q, error, angle, touching, outside, "" if touching else self.refused)

    def _errors(self, wanted: Wanted) -> tuple[Array, Array]:
        """Return how far the site is from its place and its axis from its direction."""
        site = self._site(wanted.site)
        place = self.data.site_xpos[site] - wanted.place
        if wanted.direction is None:
            return place, np.zeros(3)
        axis = self.data.site_xmat[site].reshape(3, 3)[:, wanted.axis]
        return place, axis - wanted.direction / np.linalg.norm(wanted.direction)

    def _site(self, name: str) -> int:
        return element_id(self.model, mujoco.mjtObj.mjOBJ_SITE, name, "--site")


def _overlap(model: mujoco.MjModel, data: mujoco.MjData) -> str:
    """Return which bodies overlap so that no rollout begins; empty if none do."""
    try:
        verify_clearance(model, data)
    except ResetError as error:
        return str(error)
    return ""


def joints_line(q: Array) -> str:
    """Return the line of a condition in a task file."""
    return f"joints: [{', '.join(f'{value:.{DIGITS}f}' for value in q + 0.0)}]"


def _check(wanted: Wanted) -> None:
    numbers = [wanted.place, np.zeros(3) if wanted.direction is None else wanted.direction]
    if not np.isfinite(numbers).all():
        raise AuthoringError("a place and a direction are three finite numbers each")
    if wanted.direction is not None and not np.linalg.norm(wanted.direction) > 0.0:
        raise AuthoringError("the direction is [0, 0, 0], it must have a length")
