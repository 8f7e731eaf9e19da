"""A video of a rollout, made by replaying its torques in the simulated world."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
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


def film(task: Task, rollouts: Sequence[Rollout], path: Path) -> Path:
    """Replay simulated rollouts, one after the other, and write them as an MP4 in real time.

    Args:
        task: The rollouts' task.
        rollouts: Rollouts of the simulated world, without sensor noise.
        path: Where the MP4 goes.

    Raises:
        RenderError: No off-screen renderer or encoder is at hand; the message says what to install.
    """
    writer = _writer(path, rate=round(1 / task.dt))
    try:
        with writer:
            for rollout in rollouts:
                for picture in _pictures(task, rollout):
                    writer.append_data(picture)
    except RenderError:
        path.unlink(missing_ok=True)
        raise
    return path


def _writer(path: Path, rate: int) -> Any:  # noqa: ANN401
    """Return what writes pictures to an MP4, at a rate [Hz]."""
    try:
        import imageio.v2 as imageio
    except ImportError as error:
        raise RenderError("a video needs imageio: pip install 'pilqr_ros[video]'") from error
    return imageio.get_writer(path, fps=rate, macro_block_size=8)


def film_evaluation(store: RunStore) -> Path:
    """Film the first rollout of a run's latest evaluation in each listed condition.

    Returns:
        The video's path.

    Raises:
        RunError: The run has not been evaluated.
        RenderError: No off-screen renderer or encoder is at hand.
    """
    rollouts = store.directory.glob("evaluations/*/condition_*/rollout_00.npz")
    latest = max(rollouts, key=lambda path: path.stat().st_mtime, default=None)
    if latest is None:
        raise RunError(f"{store.directory} has no evaluation to film: run `pilqr evaluate` first")
    places = [latest.parents[1] / f"condition_{i}" for i in _filmed(store)]
    first = [place / latest.name for place in places if (place / latest.name).is_file()]
    filmed = [load_rollout(path) for path in first or [latest]]
    return film(store.task, filmed, store.directory / "rollout.mp4")


def _filmed(store: RunStore) -> list[int]:
    """Return the conditions that are filmed: all but the drawn ones."""
    conditions = store.task.conditions
    return [i for i, condition in enumerate(conditions) if condition.name == condition.group]


def _pictures(task: Task, rollout: Rollout) -> Iterator[NDArray[np.uint8]]:
    """Yield a picture of each state, and one of the end."""
    world = World(task)
    world.reset(rollout.condition, rollout.seed, jitter=True)
    with contextlib.closing(world):
        for effort in rollout.applied:
            yield world.render(WIDTH, HEIGHT)
            world.step(effort)
        yield world.render(WIDTH, HEIGHT)
