"""What rollouts in this process cost: ``python -m pilqr_ros.benchmarks.rollout_time [TASK ...]``.

In CPU seconds, and in those of bare MuJoCo: stepping the same model through the same torques and
nothing else. One rollout after the other, and several at once, for which it also prints how many
times sooner they are done, and how many times sooner bare stepping in as many threads is: more than
that the machine does not give. All are timed in turns in one run, and the quickest of each counts:
what another program takes from the machine makes them slower, never quicker.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import mujoco
import numpy as np
from rich.console import Console
from rich.table import Table

from pilqr_ros.learning.collector import InProcessCollector, rollouts_at_once
from pilqr_ros.learning.sampling import in_order
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.config_files import config_names
from pilqr_ros.tasks.models import control_index, element_id

ROUNDS = 25
EACH = 2
"""Rollouts of a thread between two looks at the clock."""


class Seconds(NamedTuple):
    """What a rollout takes [s]: of all processors together, and until it is done."""

    cpu: float
    wall: float


class Costs(NamedTuple):
    """What a rollout of a task takes as bare physics and as a whole, alone and with others."""

    bare: Seconds
    bare_at_once: Seconds
    alone: Seconds
    at_once: Seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("tasks", nargs="*", help="tasks (default: all)")
    names = parser.parse_args().tasks or config_names()
    count = rollouts_at_once()
    table = Table(title=f"rollouts in process, {count} at once", title_justify="left")
    table.add_column("task")
    columns = "bare [ms]", "alone [ms]", "alone / bare", "at once / bare", "sooner", "bare sooner"
    for column in columns:
        table.add_column(column, justify="right")
    for name in names:
        table.add_row(name, *_row(measure(name, count)))
    Console(width=100).print(table)


def _row(costs: Costs) -> tuple[str, ...]:
    bare, bare_at_once, alone, at_once = costs
    return (
        f"{bare.cpu * 1e3:.2f}",
        f"{alone.cpu * 1e3:.2f}",
        f"{alone.cpu / bare.cpu:.2f}",
        f"{at_once.cpu / bare.cpu:.2f}",
        f"{alone.wall / at_once.wall:.2f}",
        f"{bare.wall / bare_at_once.wall:.2f}",
    )


def measure(name: str, count: int) -> Costs:
    """Return what rollouts of a task's first policy cost.

    Args:
        name: The task.
        count: How many are executed at once.
    """
    task = load_task(name)
    collector, policy = InProcessCollector(task), task.initial_policy(0)
    jobs = [partial(collector.collect, policy, 0, seed, True, True) for seed in range(EACH * count)]
    rollouts = [job() for job in jobs]
    parts = [rollouts[first::count] for first in range(count)]
    bare = [partial(BareStepper(World(task)).repeat, part) for part in parts]
    timed: list[Callable[[], object]] = [
        lambda: list(in_order(bare, 1)),
        lambda: list(in_order(bare, count)),
        lambda: list(in_order(jobs, 1)),
        lambda: list(in_order(jobs, count)),
    ]
    quickest = np.min([[_time(each) for each in timed] for _ in range(ROUNDS)], axis=0)
    return Costs(*(Seconds(*each) for each in (quickest / len(jobs)).tolist()))


class BareStepper:
    """Steps a world's physics through the torques of rollouts, and does nothing else."""

    def __init__(self, world: World) -> None:
        """Look up what is stepped."""
        self._world, model, task = world, world.model, world.task
        actuator = mujoco.mjtObj.mjOBJ_ACTUATOR
        ids = [element_id(model, actuator, name, "joints") for name in task.joints]
        self._controls = np.array([control_index(model, each) for each in ids])
        self._steps = round(task.dt / model.opt.timestep)

    def repeat(self, rollouts: Sequence[Rollout]) -> None:
        """Step through the torques of rollouts, from their starts."""
        model, data = self._world.model, self._world.data
        for rollout in rollouts:
            self._world.reset(rollout.condition, rollout.seed, jitter=True)
            for effort in rollout.applied:
                data.ctrl[self._controls] = effort
                mujoco.mj_step(model, data, nstep=self._steps)


def _time(work: Callable[[], object]) -> Sequence[float]:
    """Return the seconds of all processors, and of the clock, that some work takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
