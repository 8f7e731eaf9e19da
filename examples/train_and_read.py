"""Train a task without ROS, and read the run into arrays.

``python examples/train_and_read.py`` trains one condition of the reacher for a few iterations.
"""

import tempfile
from pathlib import Path

import numpy as np

from pilqr_ros.learning import (
    InProcessCollector,
    RunConfig,
    TaskCostEvaluator,
    Trainer,
    create_run,
    open_run,
)
from pilqr_ros.tasks import load_task


def train(runs: Path, iterations: int = 5, seed: int = 0) -> Path:
    """Train, and return the run's folder."""
    task = load_task("reacher")  # or the path of a task file of your own
    config = RunConfig.for_task(task, "pilqr", seed=seed, iterations=iterations, conditions=[1])
    run = create_run(runs, task, config)
    Trainer(run, InProcessCollector(task), TaskCostEvaluator(task)).run()
    return run.directory


def read(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the states ``(iterations, N, T, dX)`` and costs ``(iterations, N)`` of a run."""
    run = open_run(folder)
    (condition,) = run.config.conditions
    places = [
        [(i, condition, n) for n in range(run.config.rollouts)]
        for i in range(run.iterations_finished)
    ]
    states = np.array([[run.rollout(*place).states for place in row] for row in places])
    costs = np.array([[run.cost(*place).total for place in row] for row in places])
    return states, costs


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        states, costs = read(train(Path(folder)))
    print(f"states {states.shape}, mean cost of each iteration {costs.mean(axis=1).round(3)}")
