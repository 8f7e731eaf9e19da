"""A video of rollouts, made by replaying their torques in the simulated world."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.rollout_files import load_rollout
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.simulation.errors import RenderError
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import Task

WIDTH, HEIGHT = 640, 480

FILM = "rollout.mp4"
"""The film of a run's latest evaluation, in its folder."""

BESIDE = 4
"""Iterations that are shown side by side."""


def film(
    task: Task,
    rollouts: Sequence[Rollout],
    path: Path,
    *,
    beside: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> Path:
    """Replay simulated rollouts and write them as an MP4 in real time.

    Args:
        task: The rollouts' task.
        rollouts: Rollouts of the simulated world, without sensor noise.
        path: Where the MP4 goes.
        beside: Show all at once, side by side, instead of one after the other.
        advance: Called after each picture; `count_pictures` tells how many there are.

    Raises:
        RenderError: No off-screen renderer or encoder is at hand; the message says what to install.
    """
    replays = [_pictures(task, rollout) for rollout in rollouts]
    pictures = map(side_by_side, _together(replays)) if beside else chain.from_iterable(replays)
    writer = _writer(path, rate=round(1 / task.dt))
    try:
        with writer:
            for picture in pictures:
                writer.append_data(picture)
                advance()
    except RenderError:
        path.unlink(missing_ok=True)
        raise
    finally:
        for replay in replays:
            replay.close()
    return path


def count_pictures(rollouts: Sequence[Rollout], *, beside: bool = False) -> int:
    """Return how many pictures `film` makes of rollouts."""
    lengths = [len(rollout.applied) + 1 for rollout in rollouts]
    return max(lengths) if beside else sum(lengths)


def side_by_side(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return pictures ``(height, width, 3)`` as one, in as many rows as columns or one fewer."""
    columns = math.ceil(math.sqrt(len(pictures)))
    blank = np.zeros_like(pictures[0])
    filled = [*pictures, *[blank] * (-len(pictures) % columns)]
    rows = [np.hstack(filled[i : i + columns]) for i in range(0, len(filled), columns)]
    return np.vstack(rows)


def _together(replays: Sequence[Iterator[NDArray[np.uint8]]]) -> Iterator[list[NDArray[np.uint8]]]:
    """Yield what replays show at the same time; one that has ended shows its end."""
    last: list[NDArray[np.uint8]] = []
    for shown in zip_longest(*replays):
        last = [old if new is None else new for new, old in zip(shown, last or shown, strict=True)]
        yield last


def _writer(path: Path, rate: int) -> Any:  # noqa: ANN401
    """Return what writes pictures to an MP4, at a rate [Hz]."""
    try:
        import imageio.v2 as imageio
    except ImportError as error:
        raise RenderError("a video needs imageio: pip install 'pilqr_ros[video]'") from error
    return imageio.get_writer(path, fps=rate, macro_block_size=8)


def film_evaluation(store: RunStore) -> Path:
    """Film a run's latest evaluation, see `evaluation_rollouts`, and return the video's path."""
    return film(store.task, evaluation_rollouts(store), store.directory / FILM)


def evaluation_rollouts(store: RunStore) -> list[Rollout]:
    """Return the first rollout of a run's latest evaluation in each listed condition.

    Raises:
        RunError: The run has not been evaluated.
    """
    rollouts = store.directory.glob("evaluations/*/condition_*/rollout_00.npz")
    latest = max(rollouts, key=lambda path: path.stat().st_mtime, default=None)
    if latest is None:
        raise RunError(f"{store.directory} has no evaluation to film: run `pilqr evaluate` first")
    places = [latest.parents[1] / f"condition_{i}" for i in _filmed(store)]
    first = [place / latest.name for place in places if (place / latest.name).is_file()]
    return [load_rollout(path) for path in first or [latest]]


def is_outdated(store: RunStore) -> bool:
    """Tell whether a run has a film that is older than its last policy: it shows an earlier one."""
    iteration, condition = store.iterations_finished, store.config.conditions[0]
    made, trained = store.directory / FILM, store.policy_path(iteration, condition)
    return made.exists() and made.stat().st_mtime_ns < trained.stat().st_mtime_ns


def learning_rollouts(store: RunStore, condition: int) -> dict[int, Rollout]:
    """Return the first rollout of a few iterations, by iteration, from the first to the last.

    Args:
        store: The run.
        condition: Index of the condition.

    Raises:
        RunError: No iteration of this condition has finished, or its rollouts were deleted.
    """
    done = store.iterations_finished
    chosen = sorted({round(i) for i in np.linspace(0, done - 1, BESIDE)}) if done > 0 else []
    found = {iteration: store.rollout(iteration, condition, 0) for iteration in chosen}
    rollouts = {iteration: one for iteration, one in found.items() if one is not None}
    if not rollouts:
        name = store.task.conditions[condition].name
        raise RunError(f"{store.directory} has no finished iteration in condition {name!r} to film")
    return rollouts


def _filmed(store: RunStore) -> list[int]:
    """Return the conditions that are filmed: all but the drawn ones."""
    conditions = store.task.conditions
    return [i for i, condition in enumerate(conditions) if condition.name == condition.group]


def _pictures(task: Task, rollout: Rollout) -> Generator[NDArray[np.uint8]]:
    """Yield a picture of each state, and one of the end."""
    world = World(task)
    world.reset(rollout.condition, rollout.seed, jitter=True)
    with contextlib.closing(world):
        for effort in rollout.applied:
            yield world.render(WIDTH, HEIGHT)
            world.step(effort)
        yield world.render(WIDTH, HEIGHT)
