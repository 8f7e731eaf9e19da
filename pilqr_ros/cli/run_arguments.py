"""Options that fill the records of a run, with the bounds that stand there."""

from __future__ import annotations

from typing import Annotated

from pilqr_ros.cli.arguments import number
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_config import RunConfig

Seed = Annotated[int, number(RunConfig, "seed", "Seed of everything random.")]
Iterations = Annotated[
    int | None, number(RunConfig, "iterations", "Policy updates; the task file's by default.")
]
Rollouts = Annotated[
    int | None,
    number(RunConfig, "rollouts", "Rollouts of each update and condition; else the task file's."),
]
FromIteration = Annotated[
    int, number(Origin, "iteration", "With --from: policies after so many iterations; -1: all.")
]
NoiseScale = Annotated[
    float,
    number(Origin, "noise_scale", "With --from: part of the task's first noise to start with."),
]
FromSamples = Annotated[
    int,
    number(
        Origin,
        "prior_iterations",
        "With --from: iterations whose samples help to fit the first dynamics.",
    ),
]
