"""The commands that draw: pictures of a run, of several runs, and the report."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import RunPath, ending_in
from pilqr_ros.cli.compared_runs import show_compared_runs
from pilqr_ros.cli.filming import film_evaluation_with_bar
from pilqr_ros.cli.opened_run import opened
from pilqr_ros.evaluation.success_curve import plot_success_curve
from pilqr_ros.report import compare_runs, comparison_figure, save_pictures, write_report
from pilqr_ros.runs.errors import RunError


def plot(
    run: RunPath,
    video: Annotated[bool, typer.Option(help="Film the last evaluation, too.")] = False,
) -> None:
    """Draw what is known of a run: learning curve, cost terms, policy, model, updates, network."""
    store = opened(run)
    for path in save_pictures(store):
        show.console.print(f"picture: {path}", soft_wrap=True)
    if store.config.guided:
        with contextlib.suppress(RunError):
            show.console.print(f"picture: {plot_success_curve(store)}", soft_wrap=True)
    if video:
        film_evaluation_with_bar(store)


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Directories of two or more runs of one task.", exists=True, file_okay=False
        ),
    ],
    picture: Annotated[
        Path | None,
        typer.Option(
            help="Where the curves go; else comparison.png beside the first run.",
            dir_okay=False,
            callback=ending_in(".png", ".pdf", ".svg"),
        ),
    ] = None,
) -> None:
    """Draw the learning curves of runs together, and print how the last policy of each does.

    That is by its own evaluation; "noisy" are the rollouts of the last iteration of a run without.
    """
    if len(runs) == 1:
        alone = f"`pilqr report {shlex.quote(str(runs[0]))}` shows one by itself"
        raise typer.BadParameter(f"is one run, expected two or more; {alone}", param_hint="RUNS")
    stores = [opened(run) for run in runs]
    show_compared_runs(compare_runs(stores), stores[0].task.distance_label)
    picture = runs[0].parent / "comparison.png" if picture is None else picture
    comparison_figure(stores).figure.savefig(picture, dpi=130)
    show.console.print(f"picture: {picture}", soft_wrap=True)


def report(
    run: RunPath,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Where it goes; else report.html in the run.",
            dir_okay=False,
            callback=ending_in(".html", ".htm"),
        ),
    ] = None,
) -> None:
    """Write all that is known of a run as one page of HTML that needs nothing else."""
    store = opened(run)
    with show.console.status("drawing"):
        path = write_report(store, output)
    show.console.print(f"report: {path}", soft_wrap=True)
