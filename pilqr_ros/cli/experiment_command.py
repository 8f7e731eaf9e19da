"""The command that compares methods."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import Iterations, TaskName


def experiment(
    task: TaskName = "hockey",
    methods: Annotated[
        str, typer.Option(help="Methods separated by blanks; settings after @, as pilqr@paper.")
    ] = "pilqr lqr-flm pi2",
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 10,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    iterations: Iterations = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one a core by default.")
    ] = None,
    directory: Annotated[Path, typer.Option(help="Where its runs are kept.")] = Path(
        "runs/experiments"
    ),
) -> None:
    """Compare methods over seeds without ROS; a second call continues where the first ended."""
    from pilqr_ros.experiments import comparison, figures

    jobs = comparison.plan(
        task, methods.split(), range(first_seed, first_seed + seeds), directory, iterations
    )
    with show.counting_bar(f"{task}: {len(jobs)} runs", len(jobs)) as advance:

        def done(job: comparison.ComparedRun, problem: str) -> None:
            advance()
            if problem:
                show.warn(f"{job.variant}, seed {job.seed}: {problem}")

        comparison.run_jobs(jobs, workers, done)
    results = comparison.results(jobs)
    show.show_comparison(jobs, results)
    tested = {job: result for job, result in results.items() if result.get("tests")}
    if tested:
        show.show_tests(tested)
    folder = jobs[0].directory.parents[1]
    pictures = [
        figures.draw_comparison(jobs, metric, folder / f"{metric}.png")
        for metric in figures.METRICS
    ]
    for test in dict.fromkeys(name for result in tested.values() for name in result["tests"]):
        pictures.append(figures.draw_tests(tested, test, folder / f"test_{test}.png"))
    for picture in pictures:
        show.console.print(f"figure: {picture}", soft_wrap=True)
