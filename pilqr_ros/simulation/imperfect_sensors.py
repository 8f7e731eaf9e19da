"""Sensors as they are: with noise, late, and with drop-outs of motion capture."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pilqr_ros.simulation.world import BodyPose, SensorReadings


@dataclass(frozen=True)
class Imperfections:
    """What is wrong with the sensors; nothing by default.

    Attributes:
        position_noise: Standard deviation of joint positions [rad or m].
        velocity_noise: The same of joint velocities [rad/s or m/s].
        mocap_noise: The same of each coordinate of a tracked body [m].
        dropout: Probability that motion capture loses a body, at each reading.
        dropout_ns: How long it is lost then [ns]; 0: for one reading.
        delay_ns: Age of readings when they come out [ns].
        seed: Seed of all of it.
    """

    position_noise: float = 0.0
    velocity_noise: float = 0.0
    mocap_noise: float = 0.0
    dropout: float = 0.0
    dropout_ns: int = 0
    delay_ns: int = 0
    seed: int = 0

    @property
    def none(self) -> bool:
        """Whether the sensors are perfect."""
        return self == Imperfections(dropout_ns=self.dropout_ns, seed=self.seed)


class ImperfectSensors:
    """Turns true readings into what comes out of the sensors; each reading once."""

    def __init__(self, imperfections: Imperfections) -> None:
        """Start the random generator."""
        self._given = imperfections
        self._rng = np.random.default_rng(imperfections.seed)
        self._lost_until_ns: dict[str, int] = {}
        self._pending: deque[SensorReadings] = deque()

    def reset(self) -> None:
        """Forget what has not come out yet, and find every body again."""
        self._pending.clear()
        self._lost_until_ns.clear()

    def output(self, readings: SensorReadings) -> SensorReadings | None:
        """Return what comes out at the time of true readings; None if nothing does yet."""
        if self._given.none:
            return readings
        if not self._pending or readings.stamp_ns > self._pending[-1].stamp_ns:
            self._pending.append(self._disturb(readings))
        due_ns = readings.stamp_ns - self._given.delay_ns
        while len(self._pending) > 1 and self._pending[1].stamp_ns <= due_ns:
            self._pending.popleft()
        return self._pending[0] if self._pending[0].stamp_ns <= due_ns else None

    def _disturb(self, readings: SensorReadings) -> SensorReadings:
        """Return readings with noise, without the bodies that are lost."""
        bodies = {
            name: BodyPose(self._noisy(pose.position, self._given.mocap_noise), pose.quaternion)
            for name, pose in readings.bodies.items()
            if not self._is_lost(name, readings.stamp_ns)
        }
        return readings._replace(
            positions=self._noisy(readings.positions, self._given.position_noise),
            velocities=self._noisy(readings.velocities, self._given.velocity_noise),
            bodies=MappingProxyType(bodies),
        )

    def _noisy(self, values: np.ndarray, deviation: float) -> np.ndarray:
        return values + deviation * self._rng.standard_normal(values.shape)

    def _is_lost(self, name: str, stamp_ns: int) -> bool:
        """Tell whether motion capture does not see a body."""
        if stamp_ns < self._lost_until_ns.get(name, 0):
            return True
        lost = self._rng.random() < self._given.dropout
        if lost:
            self._lost_until_ns[name] = stamp_ns + self._given.dropout_ns
        return bool(lost)
