"""What a training run tells while it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any, Literal

import numpy as np

from pilqr_ros.robot.execution.tick_jitter import TickJitter
from pilqr_ros.trajopt.convergence import IMPROVING, Standing
from pilqr_ros.trajopt.record import in_short
from pilqr_ros.trajopt.typing import Array

Phase = Literal["collecting", "updating"]


@dataclass(frozen=True)
class TrainingProgress:
    """Where a run stands.

    Attributes:
        phase: What is being done.
        iteration: Present iteration, counted from 0.
        iterations: Iterations of the run.
        rollout: Valid rollouts of this iteration so far, over all conditions.
        rollouts: Rollouts of an iteration, over all conditions.
        mean_cost: Mean cost of the last finished iteration; nan before.
        success_rate: Success rate of the last finished iteration; nan before.
        seconds_left: Estimate [s]; nan before the first rollout.
        waiting_for: Who is silent, what was interrupted, or which policy was refused and why its
            step is halved; empty for nothing.
    """

    phase: Phase
    iteration: int
    iterations: int
    rollout: int
    rollouts: int
    mean_cost: float = nan
    success_rate: float = nan
    seconds_left: float = nan
    waiting_for: str = ""


@dataclass(frozen=True)
class IterationSummary:
    """What one iteration found in one condition.

    Attributes:
        iteration: Counted from 0.
        condition: Index of the condition.
        rollouts: Rollouts used.
        rollouts_invalid: Rollouts drawn again, those of refused policies, too.
        total_costs: Cost of each rollout, ``(N,)``.
        successes: Outcome of each rollout, ``(N,)``.
        distances: Distance to success of each rollout [m or rad], ``(N,)``.
        record: The update's record: arrays per time step by name.
        seconds_collecting: Time for the rollouts [s].
        seconds_updating: Time for the update [s].
        refusals: Why each policy of this iteration that was refused was; as many times was its step
            halved.
        interventions: Steps in which the guard intervened, by kind, over these rollouts.
        ticks: Jitter of the control loop's ticks over these rollouts; none in lock-step.
        noise: Standard deviation of the noise, relative to the first policy's.
        standing: Whether the training of the condition still improves after this iteration.
        robots: Rollouts of each robot, by name, where there are several.
        left_out: Why each robot takes no part at the end that takes none, by name.
    """

    iteration: int
    condition: int
    rollouts: int
    rollouts_invalid: int
    total_costs: Array
    successes: Array
    distances: Array
    record: Mapping[str, Any]
    seconds_collecting: float
    seconds_updating: float
    refusals: Sequence[str] = ()
    interventions: Mapping[str, int] = field(default_factory=dict)
    ticks: TickJitter | None = None
    noise: float = 1.0
    standing: Standing = IMPROVING
    robots: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def success_rate(self) -> float:
        """Share of this iteration's rollouts that met the task's criterion."""
        return float(np.mean(self.successes))

    def to_json(self) -> dict[str, Any]:
        """Return the report that is stored with the iteration."""
        return {
            "iteration": self.iteration,
            "condition": self.condition,
            "rollouts": self.rollouts,
            "rollouts_invalid": self.rollouts_invalid,
            "total_costs": [float(value) for value in self.total_costs],
            "successes": [bool(value) for value in self.successes],
            "distances": [float(value) for value in self.distances],
            "seconds_collecting": self.seconds_collecting,
            "seconds_updating": self.seconds_updating,
            "halvings": len(self.refusals),
            "refusals": list(self.refusals),
            "interventions": dict(self.interventions),
            "ticks": None if self.ticks is None else self.ticks._asdict(),
            "noise": self.noise,
            "standing": self.standing._asdict(),
            "robots": dict(self.robots),
            "left_out": dict(self.left_out),
            "update": in_short(self.record),
        }
