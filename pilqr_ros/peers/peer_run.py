"""Runs of peers: each learner by seeds, judged as it learns, kept on disk, resumable by run."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pilqr_ros.errors import PilqrError
from pilqr_ros.foreign_file import decoding
from pilqr_ros.peers.judging import Checkpoint, Controller, judge
from pilqr_ros.runs import atomic
from pilqr_ros.sweeps.executor import Executor
from pilqr_ros.sweeps.sweep import sweep
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.config_files import task_from_anywhere
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.validation import validated

if TYPE_CHECKING:
    from pilqr_ros.environments import TaskEnvironment

AGENTS = ("sac", "ddpg", "tqc", "crossq", "trpo")
SEARCH = "cma-es"
PEERS = (SEARCH, *AGENTS)


class PeerError(PilqrError):
    """A run cannot be done as it is asked for."""


class Learner(Protocol):
    """What every peer can do.

    Attributes:
        episodes: Episodes so far.
    """

    episodes: int

    def learn(self, episodes: int) -> None:
        """Learn from about so many episodes more."""

    def controller(self) -> Controller:
        """Return what was learned, without noise."""


@dataclass(frozen=True)
class PeerRun:
    """One learner with one seed.

    Attributes:
        task: A task's name or the path of its file.
        peer: One of `PEERS`.
        seed: Seed of everything random.
        conditions: Names of the conditions that episodes begin in.
        episodes: What it may learn from.
        every: Episodes between two checkpoints.
        tests: Test episodes of each.
        test_conditions: Names of the conditions that these begin in, in turn.
        path: Where the result is kept.
    """

    task: str
    peer: str
    seed: int
    conditions: tuple[str, ...]
    episodes: int
    every: int
    tests: int
    test_conditions: tuple[str, ...]
    path: Path

    def settings(self) -> dict[str, object]:
        """Return what the result depends on."""
        values = asdict(self)
        values |= {name: list(values[name]) for name in ("conditions", "test_conditions")}
        values["task"] = Path(self.task).name
        del values["path"]
        return values


def plan(
    task: str,
    peers: Sequence[str],
    seeds: Sequence[int],
    directory: Path,
    *,
    conditions: Sequence[str] = (),
    episodes: int = 250,
    every: int = 50,
    tests: int = 20,
    test_conditions: Sequence[str] = (),
) -> list[PeerRun]:
    """Return the runs of a comparison, those of one seed beside each other.

    Args:
        task: A task's name or the path of its file.
        peers: Some of `PEERS`.
        seeds: Seeds, each for every peer.
        directory: Below it each result is kept.
        conditions: Names of conditions; none given, those that the task file trains.
        episodes: What each may learn from.
        every: Episodes between two checkpoints.
        tests: Test episodes of each.
        test_conditions: Names of the conditions that these begin in, in turn; none given, those of
            training.

    Raises:
        PeerError: There is no such peer, or one cannot learn several conditions.
        TaskError: The task or a condition does not exist.
    """
    loaded = load_task(task)
    indices = loaded.condition_indices(conditions) if conditions else loaded.learning.conditions
    names = tuple(loaded.conditions[i].name for i in indices)
    tested = loaded.condition_indices(test_conditions) if test_conditions else indices
    tested_names = tuple(loaded.conditions[i].name for i in tested)
    for peer in peers:
        if peer not in PEERS:
            raise PeerError(f"method is {peer!r}, allowed is one of {', '.join(PEERS)}")
        if peer == SEARCH and len(names) > 1:
            listed = ", ".join(names)
            raise PeerError(
                f"{SEARCH} searches for one primitive: choose one condition of {listed}"
            )
    root, task = directory.absolute() / loaded.name, task_from_anywhere(task)
    return [
        PeerRun(
            task, peer, seed, names, episodes, every, tests, tested_names,
            root / peer / f"seed_{seed}.json",
        )
        for seed in seeds
        for peer in dict.fromkeys(peers)
    ]  # fmt: skip


def do(run: PeerRun) -> list[Checkpoint]:
    """Do a run, or return what it found when it was done before.

    Raises:
        PeerError: What is on disk is the result of another run, or a library is missing.
    """
    if run.path.exists():
        return read(run)
    learner, tests = build(run)
    began = time.monotonic()
    checkpoints: list[Checkpoint] = []
    while learner.episodes < run.episodes:
        learner.learn(min(run.every, run.episodes - learner.episodes))
        successes, distance = judge(tests, learner.controller(), run.tests, run.test_conditions)
        seconds = time.monotonic() - began
        checkpoints.append(Checkpoint(learner.episodes, successes, run.tests, distance, seconds))
    run.path.parent.mkdir(parents=True, exist_ok=True)
    curve = [asdict(checkpoint) for checkpoint in checkpoints]
    atomic.write_json(run.path, {"run": run.settings(), "curve": curve})
    return checkpoints


def build(run: PeerRun) -> tuple[Learner, TaskEnvironment]:
    """Return a run's learner and the environment of its tests.

    Raises:
        PeerError: A library is missing.
    """
    try:  # they take long to import, and none of them need be installed
        from pilqr_ros.environments import TaskEnvironment

        environment = TaskEnvironment(run.task, run.conditions)
        tests = TaskEnvironment(run.task, run.test_conditions)
        if run.peer == SEARCH:
            from pilqr_ros.peers.primitive_search import PrimitiveSearch

            return PrimitiveSearch(environment, run.seed), tests
        from pilqr_ros.peers.agents import Agent
    except ModuleNotFoundError as error:
        problem = f"{run.peer} needs {error.name}: pip install 'pilqr_ros[peers]'"
        raise PeerError(problem) from error
    return Agent(run.peer, environment, run.seed), tests


def read(run: PeerRun) -> list[Checkpoint]:
    """Return the checkpoints of a run that is done.

    Raises:
        PeerError: The file is that of another run, or of none.
        RunError: It cannot be read.
    """
    done, checkpoints = stored(run.path)
    for name, was in done.settings().items():
        value = run.settings()[name]
        if was != value:
            raise PeerError(f"{run.path}: {name} was {was!r}, asked for is {value!r}; delete it")
    return checkpoints


def stored(path: Path) -> tuple[PeerRun, list[Checkpoint]]:
    """Return the run whose result a file is, and its checkpoints.

    Raises:
        PeerError: The file is no such result.
        RunError: It cannot be read.
    """
    content = atomic.read_json(path)
    try:
        with decoding(path, PeerError):
            run = validated(PeerRun, content["run"] | {"path": path})
            curve = validated(list[Checkpoint], content["curve"])
    except ConfigError as error:
        raise PeerError(f"{path} cannot be read: {error}") from error
    if run.peer not in PEERS:
        raise PeerError(f"{path}: peer is {run.peer!r}, allowed is one of {', '.join(PEERS)}")
    return run, curve


def write_table(runs: Sequence[PeerRun], path: Path) -> Path:
    """Write one row a checkpoint of all runs that are done, as CSV."""
    columns = ["task", "method", "seed", *(field.name for field in fields(Checkpoint))]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for run in runs:
            for checkpoint in read(run) if run.path.exists() else ():
                name = run.path.parents[1].name
                writer.writerow([name, run.peer, run.seed, *asdict(checkpoint).values()])
    return path


def do_all(
    runs: Sequence[PeerRun], executor: Executor, on_done: Callable[[PeerRun, str], None]
) -> None:
    """Do all runs; one that fails is reported and does not end the others.

    Args:
        runs: What to do.
        executor: Does them.
        on_done: Called with each finished run and what went wrong, or an empty string.

    Raises:
        SweepError: A result is not where it should be.
    """
    sweep(executor, do, runs, lambda run: run.path, on_done)
