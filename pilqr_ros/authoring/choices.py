"""What a new task begins with: a start pose, a target, a hold and noise, chosen from the model."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.authoring.hold import ArmDynamics, sample, spectral_radius
from pilqr_ros.authoring.probe import Probe
from pilqr_ros.authoring.reach import search_bounds
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.inertial_hold import inertial_hold
from pilqr_ros.tasks.initial_policy import Hold
from pilqr_ros.tasks.schema import InitialPolicy
from pilqr_ros.trajopt.noise import draw_noise
from pilqr_ros.trajopt.typing import Array

RATE, STEPS, SMOOTHING = 20, 100, 2.0
"""Rate of control [Hz], steps of a rollout, width of the noise's filter [steps]."""

_TARGET_DISTANCE = 0.3
"""How far the target is from the tip, as a share of the arm's length."""

_POSES = 300
_SIMULATED = 100
_MAX_WEIGHT = 0.5

_TRIED, _NEAR = 20, 0.005
"""Poses from which a place is looked for, and how near the tip must come to it [m]."""

_SHRINK, _SHRINKS = 0.8, 40
"""How a hold that is not stable as sampled is softened: its frequency times this, so often."""

_MARGIN = 0.1
"""Share of a joint's range that a chosen pose stays away from its bounds."""


class ChosenHold(NamedTuple):
    """The first policy of a new task, and what it comes to.

    Attributes:
        frequency: Natural frequency [rad/s] to write down; None for the default.
        hold: Its gains and noise.
        radius: Spectral radius as sampled.
        spread: Of the tip under its noise [m].
        torques: Root mean square of the torques, with those of the hold [N m or N], ``(n,)``.
    """

    frequency: float | None
    hold: Hold
    radius: float
    spread: float
    torques: Array

    @property
    def noise_std(self) -> Array:
        """Standard deviation of each torque's noise [N m or N], ``(n,)``."""
        return np.linalg.norm(self.hold.L, axis=1)


class Choices(NamedTuple):
    """What a new task begins with.

    Attributes:
        start: Start pose [rad or m], ``(n,)``.
        target: Where the tip is to be brought [m], ``(3,)``.
        distance: How far that is from the start [m].
        first: The first policy.
        weight: What each motor gives to bear the arm at the start [N m or N], ``(n,)``.
    """

    start: Array
    target: Array
    distance: float
    first: ChosenHold
    weight: Array


class Places(NamedTuple):
    """Where the tip starts and where it is to be brought [m], ``(3,)``; None to have it chosen."""

    start: Array | None = None
    target: Array | None = None


ANYWHERE = Places()


def choose(probe: Probe, site: str, places: Places = ANYWHERE) -> Choices:
    """Choose everything for an arm that is not given; the same for the same model.

    Raises:
        AuthoringError: The arm touches something in every pose that was tried, or it cannot reach
            a place that is given.
    """
    rng = np.random.default_rng(0)
    if places.start is None:
        start = _choose_start(probe, rng)
    else:
        start = _pose_at(probe, places.start, "--start", rng)
    if places.target is None:
        target = _choose_target(probe, start, rng)
    else:
        target = np.asarray(places.target)
        _pose_at(probe, target, "--target", rng)
    probe.look(start)
    return Choices(
        start=start,
        target=target,
        distance=float(np.linalg.norm(target - probe.tip)),
        first=choose_hold(probe, site, start),
        weight=probe.weight,
    )


def choose_hold(probe: Probe, site: str, start: Array) -> ChosenHold:
    """Return the hold without numbers that is stable as sampled, and what it comes to.

    The arm under it is simulated as the linear system that it is about its start.

    Args:
        probe: The arm, at its start.
        site: The point whose spread is bounded.
        start: Start pose, ``(n,)``.

    Raises:
        AuthoringError: The mass matrix is singular, or the joints do not move the point.
    """
    arm, frequency = probe.arm, None
    for _ in range(_SHRINKS):
        asked = InitialPolicy.model_validate(_section(frequency))
        try:
            hold = inertial_hold(asked, probe.model, probe.joints, start, (site,), probe.efforts,
                                 1.0 / RATE, SMOOTHING)  # fmt: skip
        except TaskError as error:
            raise AuthoringError(f"a hold of the start cannot be had: {error}") from error
        radius = spectral_radius(sample(arm, 1.0 / RATE).closed(hold.stiffness, hold.damping))
        if radius < 1.0:
            break
        frequency = _SHRINK * asked.natural_frequency
    spread, torques = simulated(arm, hold, probe.jacobian)
    return ChosenHold(frequency, hold, radius, spread, torques)


def _section(frequency: float | None) -> dict[str, Any]:
    changed = {} if frequency is None else {"natural_frequency": frequency}
    return {"kind": "hold", **changed}


def simulated(arm: ArmDynamics, hold: Hold, jacobian: Array) -> tuple[float, Array]:
    """Return how far noise spreads the tip [m], and the root mean square of the torques ``(n,)``.

    Args:
        arm: The arm at its start.
        hold: Its hold, and the noise.
        jacobian: How the tip moves with the joints, ``(3, n)``.
    """
    sampled, n = sample(arm, 1.0 / RATE), len(arm.friction)
    rng = np.random.default_rng(0)
    draws = np.array([draw_noise(STEPS, n, rng, SMOOTHING) for _ in range(_SIMULATED)])
    noise = draws @ hold.L.T
    x, squares, torques = np.zeros((_SIMULATED, 2 * n)), [], []
    for t in range(STEPS):
        u = noise[:, t] - x[:, :n] @ hold.stiffness.T - x[:, n:] @ hold.damping.T
        x = x @ sampled.A.T + u @ sampled.B.T
        squares.append(np.mean(np.sum((x[:, :n] @ jacobian.T) ** 2, axis=1)))
        torques.append(np.mean(u**2, axis=0))
    return float(np.sqrt(max(squares))), np.sqrt(np.mean(torques, axis=0))


def _choose_start(probe: Probe, rng: np.random.Generator) -> Array:
    """Return the first pose that is free, bears its weight easily and can move its tip anywhere."""
    lower, upper = _inner_bounds(probe)
    middle = np.where(np.isfinite(probe.limits).all(axis=1), (lower + upper) / 2.0, probe.reference)
    quarter = (upper - lower) / 4.0
    near = middle + rng.uniform(-quarter, quarter, (_POSES, len(middle)))
    free, touching = [], []
    for q in [np.clip(probe.reference, lower, upper), middle, *near]:
        probe.look(q)
        if probe.touching:
            touching += probe.touching
            continue
        values = np.linalg.svd(probe.jacobian, compute_uv=False)
        free.append((q, _weight_share(probe), values[1] / values[0] if len(values) > 1 else 1.0))
        if free[-1][1] < _MAX_WEIGHT and free[-1][2] > 0.15:
            return _rounded(q)
    if not free:
        problem = f"the arm touches something in every pose that was tried: {touching[0]}"
        raise AuthoringError(
            f"{problem}; take these collisions out (contype, conaffinity, exclude)"
        )
    return _rounded(min(free, key=lambda one: one[1] - one[2])[0])


def _pose_at(probe: Probe, place: Array, option: str, rng: np.random.Generator) -> Array:
    """Return a free pose whose tip is at a place [m], as near to the middle of its bounds as found.

    Raises:
        AuthoringError: There is none.
    """
    lower, upper = search_bounds(probe.limits, probe.reference)
    middle = (lower + upper) / 2.0
    nearest, found = np.inf, []
    for q in [middle, *rng.uniform(lower, upper, (_TRIED, len(lower)))]:
        pose = _rounded(least_squares(_miss, q, bounds=(lower, upper), args=(probe, place)).x)
        probe.look(pose)
        away = float(np.linalg.norm(probe.tip - place))
        nearest = min(nearest, away)
        if away < _NEAR and not probe.touching:
            found.append(pose)
    if not found:
        problem = f"no free pose was found; the tip comes within {nearest:.3g} m"
        raise AuthoringError(f"{option} is {[float(x) for x in place]}: {problem}")
    return min(found, key=lambda pose: float(np.linalg.norm((pose - middle) / (upper - lower))))


def _miss(q: Array, probe: Probe, place: Array) -> Array:
    """Return how far the tip is from a place in a pose [m], ``(3,)``."""
    probe.look(q)
    return probe.tip - place


def _choose_target(probe: Probe, start: Array, rng: np.random.Generator) -> Array:
    """Return a place that the tip can reach from the start [m], ``(3,)``, to the millimetre."""
    probe.look(start)
    tip, wanted = probe.tip, _TARGET_DISTANCE * probe.length
    lower, upper = _inner_bounds(probe)
    best, distance = tip, 0.0
    for q in start + rng.uniform(-0.8, 0.8, (_POSES, len(start))):
        probe.look(np.clip(q, lower, upper))
        away = float(np.linalg.norm(probe.tip - tip))
        if abs(away - wanted) < abs(distance - wanted) and not probe.touching:
            best, distance = probe.tip, away
    return np.round(best, 3)


def _inner_bounds(probe: Probe) -> tuple[Array, Array]:
    """Return bounds of poses that keep away from the joints' stops, each ``(n,)``."""
    lower, upper = search_bounds(probe.limits, probe.reference)
    margin = _MARGIN * (upper - lower)
    return lower + margin, upper - margin


def _weight_share(probe: Probe) -> float:
    return float(np.max(np.abs(probe.weight) / probe.efforts))


def _rounded(q: Array) -> Array:
    return np.round(q, 3)
