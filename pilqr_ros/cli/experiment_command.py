"""The command that compares methods, and redoes the paper's figures."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilqr_ros.cli import bars, tables
from pilqr_ros.cli import console as show
from pilqr_ros.cli.figure_peers import joined, peer_commands
from pilqr_ros.cli.run_arguments import Iterations
from pilqr_ros.cli.sweep_arguments import PEERS_DIRECTORY, Address, executor_of
from pilqr_ros.experiments.paper import LOCAL, PAPER_FIGURES, PaperFigure
from pilqr_ros.runs.errors import RunError

if TYPE_CHECKING:
    from pilqr_ros.experiments.comparison import ComparedRun
    from pilqr_ros.experiments.learning_table import LearningTable
    from pilqr_ros.sweeps.executor import Executor

NAMES = ", ".join(PAPER_FIGURES)

_NOT_IN_NAMES, _MAX_NAME = re.compile(r"[^-\w]"), 100
"""A test may have any name, a picture's file may not."""


def experiment(
    task: Annotated[
        str, typer.Argument(help=f"A task's name or file, or a figure of the paper: {NAMES}.")
    ] = "hockey",
    methods: Annotated[
        str | None,
        typer.Option(help="Methods separated by blanks; settings after @, as pilqr@paper."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Number of seeds; else 10.")] = None,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    iterations: Iterations = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one a core by default.")
    ] = None,
    address: Address = None,
    directory: Annotated[
        Path, typer.Option(help="Where its runs are kept.", file_okay=False)
    ] = Path("runs/experiments"),
    table: Annotated[
        Path | None,
        typer.Option(help="Run nothing: draw and tell again what this table (.parquet) holds."),
    ] = None,
    peers: Annotated[
        Path,
        typer.Option(help="Results of `pilqr peers`: figures 4 and 5 show them.", file_okay=False),
    ] = PEERS_DIRECTORY,
    within: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Distance in tests to count rollouts to; else where the first method ends.",
        ),
    ] = None,
) -> None:
    """Compare methods over seeds without ROS; a second call continues where the first ended.

    A figure of the paper names task, methods and budget; options change them. The exit code is 1
    if a run failed.
    """
    from pilqr_ros.experiments import learning_table, table_file

    figure = PAPER_FIGURES.get(task) or PaperFigure(task, LOCAL, "")
    if methods is not None:
        figure = replace(figure, methods=tuple(methods.split()))
    name = task if task in PAPER_FIGURES else "comparison"
    if figure.iterations is not None:  # its runs are none of the task's others
        directory = directory / name
    if table is not None:
        kept = table_file.read_table(table)
        if task in PAPER_FIGURES and kept.task != figure.task:
            raise table_file.TableError(f"{table} is of {kept.task}, {task} is of {figure.task}")
        _tell(kept, figure, table.parent / table.stem, peers, within)
        return
    figure = replace(figure, iterations=iterations or figure.iterations)
    numbers = range(first_seed, first_seed + (seeds or figure.seeds))
    jobs, results, failed = _run(figure, numbers, executor_of(workers, address), directory)
    tables.show_comparison(jobs, results)
    tested = {job: result for job, result in results.items() if result.get("tests")}
    if tested:
        tables.show_tests(tested)
    measured, folder = learning_table.measure(jobs, results), jobs[0].directory.parents[1]
    if figure.peers:
        measured = joined(measured, figure, peers)
    _tell(measured, figure, folder / name, peers, within)
    try:
        written = table_file.write_table(measured, folder / f"{name}.parquet")
        show.console.print(f"table: {written}", soft_wrap=True)
    except table_file.TableError as error:
        show.warn(str(error))
    if failed:
        raise typer.Exit(1)


def _run(
    figure: PaperFigure, seeds: Sequence[int], executor: Executor, directory: Path
) -> tuple[list[ComparedRun], dict[ComparedRun, dict[str, object]], int]:
    """Run what is not done yet; return all runs, the results of those done, how many failed."""
    from pilqr_ros.experiments import comparison

    jobs = comparison.plan(figure.task, figure.methods, seeds, directory, figure.iterations)
    try:
        comparison.check_runs(jobs)
    except RunError as error:
        raise RunError(f"{error}; or give another --directory") from error
    failed = []
    with bars.counting_bar(f"{figure.task}: {len(jobs)} runs", len(jobs)) as advance:

        def done(job: ComparedRun, problem: str) -> None:
            advance()
            if problem:
                failed.append(job)
                show.warn(f"{job.variant}, seed {job.seed}: {problem}")

        comparison.run_jobs(jobs, executor, done)
    return jobs, comparison.results(jobs), len(failed)


def _tell(
    measured: LearningTable, figure: PaperFigure, stem: Path, peers: Path, within: float | None
) -> None:
    """Print statistics over the seeds, and draw.

    Args:
        measured: What was measured.
        figure: What it is of.
        stem: Pictures are written where this leads, with an end of their own.
        peers: Where results of peers are looked for.
        within: Distance in tests that rollouts are counted to; else where the first ends.
    """
    from pilqr_ros.experiments import figures, statistics
    from pilqr_ros.experiments.table_file import TableError

    shown = measured.at(figure.places) if figure.places else measured
    if not shown.of("training").rows:
        where = f" at {', '.join(figure.places)}" if figure.places else ""
        raise TableError(f"no iteration has ended{where}: there is nothing to tell or to draw")
    tables.show_figures(statistics.figures_of(shown), measured.distance_label)
    for test in measured.of("test").places:
        threshold = statistics.final_distance(measured, test) if within is None else within
        if not math.isnan(threshold):
            found = statistics.samples_to(measured, test, threshold)
            tables.show_samples(found, test, f"{measured.distance_label} of {threshold:.3g}")
    for metric in figures.METRICS:
        path = stem.with_name(f"{stem.name}_{metric}.png")
        show.picture(figures.draw_comparison(shown, metric, path))
    if shown.of("final").rows:
        path = stem.with_name(f"{stem.name}_profile.png")
        show.picture(figures.draw_profile(shown, path))
    for test in measured.of("test").places:
        path = stem.with_name(f"{stem.name}_test_{_NOT_IN_NAMES.sub('_', test)[:_MAX_NAME]}.png")
        show.picture(figures.draw_tests(measured, test, path, logarithmic=bool(figure.peers)))
    if figure.claim:
        show.console.print(f"the paper: {figure.claim}", soft_wrap=True)
    for command in peer_commands(measured, figure, peers):
        show.console.print(f"beside it: {command}", soft_wrap=True)
