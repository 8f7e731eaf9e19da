"""A video of a rollout, made by replaying its torques in the simulated world."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import imageio.v2 as imageio
import numpy as np
from numpy.typing import NDArray

from pilqr_ros.errors import PilqrError
from pilqr_ros.learning.errors import RunError
from pilqr_ros.learning.run_store import RunStore, load_rollout
from pilqr_ros.robot.rollout import Rollout
from pilqr_ros.tasks import Task

WIDTH, HEIGHT = 640, 480


class VideoError(PilqrError):
    """The video could not be rendered; the message says what to install."""


def film(task: Task, rollout: Rollout, path: Path) -> Path:
    """Replay a simulated rollout and write it as an MP4 in real time.

    Args:
        task: The rollout's task.
        rollout: A rollout of the simulated world, without sensor noise.
        path: Where the MP4 goes.

    Raises:
        VideoError: No off-screen renderer is at hand.
    """
    # MuJoCo reads the variable when it is first imported to render.
    os.environ.setdefault("MUJOCO_GL", "osmesa")
    frames_per_second = round(1 / task.dt)
    try:
        with imageio.get_writer(path, fps=frames_per_second, macro_block_size=8) as writer:
            for frame in _frames(task, rollout):
                writer.append_data(frame)
    except (ImportError, AttributeError, RuntimeError) as error:
        path.unlink(missing_ok=True)
        raise VideoError(
            f"no off-screen renderer for the video ({error}); install the system package "
            "libosmesa6, or set MUJOCO_GL=egl on a machine with a GPU"
        ) from error
    return path


def film_evaluation(store: RunStore) -> Path:
    """Film the first rollout of a run's latest evaluation; return the video's path.

    Raises:
        RunError: The run has not been evaluated.
        VideoError: No off-screen renderer is at hand.
    """
    rollouts = store.directory.glob("evaluations/*/condition_*/rollout_00.npz")
    latest = max(rollouts, key=lambda path: path.stat().st_mtime, default=None)
    if latest is None:
        raise RunError(f"{store.directory} has no evaluation to film: run `pilqr evaluate` first")
    return film(store.task, load_rollout(latest), store.directory / "rollout.mp4")


def _frames(task: Task, rollout: Rollout) -> Iterator[NDArray[np.uint8]]:
    from pilqr_ros.simulation.world import World

    world = World(task)
    world.reset(rollout.condition, rollout.seed, jitter=True)
    for effort in rollout.applied:
        yield world.render(WIDTH, HEIGHT)
        world.step(effort)
    yield world.render(WIDTH, HEIGHT)
