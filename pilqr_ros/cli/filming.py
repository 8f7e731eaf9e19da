"""Videos with a bar that tells how far they are."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from pilqr_ros.cli import bars
from pilqr_ros.cli import console as show
from pilqr_ros.evaluation.video import (
    FILM,
    count_pictures,
    evaluation_rollouts,
    film,
    is_outdated,
    learning_rollouts,
)
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs.run_store import RunStore


def film_evaluation_with_bar(store: RunStore) -> None:
    """Film the latest evaluation of a run, condition after condition.

    Raises:
        RunError: The run has not been evaluated.
        RenderError: No off-screen renderer or encoder is at hand.
    """
    _film(store, evaluation_rollouts(store), FILM, beside=False)


def remove_outdated_film(store: RunStore) -> None:
    """Remove a film that shows an earlier policy than the run's last one, and say so."""
    if not is_outdated(store):
        return
    path = store.directory / FILM
    path.unlink()
    again = f"`pilqr video {shlex.quote(str(store.directory))}` films the latest evaluation"
    show.console.print(f"{path} showed an earlier policy and is removed; {again}", soft_wrap=True)


def film_learning_with_bar(store: RunStore, condition: int) -> None:
    """Film rollouts of a few iterations side by side.

    Raises:
        RunError: No iteration has finished.
        RenderError: No off-screen renderer or encoder is at hand.
    """
    rollouts = learning_rollouts(store, condition)
    _film(store, list(rollouts.values()), f"learning_{condition}.mp4", beside=True)
    shown = ", ".join(str(iteration + 1) for iteration in rollouts)
    show.console.print(f"iterations {shown}, row by row", soft_wrap=True)


def _film(store: RunStore, rollouts: Sequence[Rollout], name: str, *, beside: bool) -> None:
    path: Path = store.directory / name
    with bars.counting_bar("filming", count_pictures(rollouts, beside=beside)) as advance:
        film(store.task, rollouts, path, beside=beside, advance=advance)
    show.console.print(f"video: {path}", soft_wrap=True)
