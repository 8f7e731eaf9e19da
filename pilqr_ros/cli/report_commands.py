"""The commands that show runs: pictures, videos, comparisons, and a page of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros.cli import console as show
from pilqr_ros.cli import tables
from pilqr_ros.cli.arguments import RunPath
from pilqr_ros.cli.filming import film_evaluation_with_bar, film_learning_with_bar
from pilqr_ros.cli.opened_run import opened
from pilqr_ros.datasets import count_left_out, episodes_of, write_lerobot
from pilqr_ros.diagnosis import diagnose as judge_run
from pilqr_ros.logs import RunLogger, open_log
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.outside import check_outside
from pilqr_ros.runs.run_description import describe, read_description


def video(
    run: RunPath,
    learning: Annotated[
        bool, typer.Option(help="Rollouts of a few iterations, side by side.")
    ] = False,
    condition: Annotated[
        str | None, typer.Option(help="Condition of `--learning`; else the first trained one.")
    ] = None,
) -> None:
    """Film the last evaluation of a run, or how it learned."""
    store = opened(run)
    if learning:
        names = store.task.condition_indices([condition]) if condition else store.config.conditions
        film_learning_with_bar(store, names[0])
    elif condition is not None:
        raise RunError("--condition is of --learning: an evaluation is filmed in all conditions")
    else:
        film_evaluation_with_bar(store)


def diagnose(run: RunPath) -> None:
    """Say what stands out in a run, and what to try; exit code 1 if anything does."""
    judgements = judge_run(opened(run))
    tables.show_judgements(judgements)
    if judgements:
        raise typer.Exit(1)


def log(
    run: RunPath,
    to: Annotated[str, typer.Option(help="tensorboard or wandb.")] = "tensorboard",
) -> None:
    """Write a run's numbers for TensorBoard or Weights & Biases, as `train --log` does."""
    store = opened(run)
    begun_as = describe(store.task, store.config, store.begun_with())
    RunLogger(store, open_log(to, store.directory, begun_as)).close()
    show.console.print(f"log: {store.directory / to}", soft_wrap=True)


def export(
    run: RunPath,
    directory: Annotated[
        Path, typer.Argument(help="Where it goes; may not hold anything yet.", file_okay=False)
    ],
) -> None:
    """Write the valid rollouts of a run as a LeRobot data set, to learn from them elsewhere."""
    check_outside(directory, run)
    store = opened(run)
    episodes, left_out = episodes_of(store), count_left_out(store)
    with show.console.status("writing"):
        write_lerobot(episodes, read_description(store.directory), directory)
    without = f"; {left_out} that failed or were interrupted are left out" if left_out else ""
    count = len(episodes.episodes)
    show.console.print(f"data set: {directory}, {count} rollouts{without}", soft_wrap=True)
