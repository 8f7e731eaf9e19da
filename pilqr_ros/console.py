"""What the command line shows: progress bars and tables."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from pilqr_ros.experiments.comparison import Job
from pilqr_ros.learning.run_store import RunStore
from pilqr_ros.sessions import Outcomes

console = Console()
errors = Console(stderr=True)


class TrainingBar:
    """A progress bar that shows iteration, rollout, mean cost, success rate and time left."""

    def __init__(self, title: str) -> None:
        """Prepare the bar; use it as a context manager."""
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=12),
            TextColumn("{task.fields[status]}"),
            console=console,
        )
        self._task = self._bar.add_task(title, total=None, status="waiting for the nodes")

    def __enter__(self) -> TrainingBar:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *details: object) -> None:
        """Leave the bar as it is."""
        self._bar.stop()

    def update(self, progress: Any) -> None:  # noqa: ANN401
        """Show a `TrainingProgress` or the feedback message of the same fields."""
        self._bar.update(
            self._task,
            total=progress.iterations * progress.rollouts,
            completed=progress.iteration * progress.rollouts + progress.rollout,
            status=_status(progress),
        )


def _status(progress: Any) -> str:  # noqa: ANN401
    parts = [
        f"iteration {min(progress.iteration + 1, progress.iterations)}/{progress.iterations}",
        f"rollout {progress.rollout}/{progress.rollouts}",
        _figure("cost {:.4g}", progress.mean_cost),
        _figure("success {:.0%}", progress.success_rate),
        _figure("{:.0f} s left", progress.seconds_left),
    ]
    return "  ".join(part for part in parts if part)


def _figure(form: str, value: float) -> str:
    return "" if math.isnan(value) else form.format(value)


def show_iterations(store: RunStore) -> None:
    """Print one row an iteration and condition."""
    config = store.config
    columns = ("iteration", "condition", "rollouts", "mean cost", "success", _DISTANCES[0])
    table = _table(f"{config.task}, {config.method}, seed {config.seed}", *columns)
    for report in store.reports():
        table.add_row(
            str(report["iteration"] + 1),
            store.task.conditions[report["condition"]].name,
            str(report["rollouts"]),
            f"{np.mean(report['total_costs']):.1f}",
            f"{np.mean(report['successes']):.0%}",
            f"{np.mean(report['distances']):.3f}",
        )
    console.print(table)


def show_evaluation(names: Sequence[str], outcomes: Outcomes) -> None:
    """Print one row a condition of an evaluation.

    Args:
        names: Name of each condition of the task.
        outcomes: What came of each rollout.
    """
    table = _table("evaluation", "condition", "rollouts", "success", *_DISTANCES, "mean cost")
    condition, success = np.asarray(outcomes.condition), np.asarray(outcomes.successes)
    distance, cost = np.asarray(outcomes.distances), np.asarray(outcomes.costs)
    for one in np.unique(condition):
        rows = condition == one
        table.add_row(
            names[one],
            str(rows.sum()),
            f"{success[rows].sum()}/{rows.sum()}",
            f"{distance[rows].mean():.3f}",
            f"{distance[rows].max():.3f}",
            f"{cost[rows].mean():.1f}",
        )
    console.print(table)


def show_runs(stores: Sequence[RunStore]) -> None:
    """Print one row a run."""
    table = _table("runs", "task", "method", "seed", "iterations", "success", "directory")
    for store in stores:
        config, reports = store.config, store.reports()
        success = f"{np.mean(reports[-1]['successes']):.0%}" if reports else ""
        done = f"{store.iterations_finished}/{config.iterations}"
        row = (config.task, config.method, str(config.seed), done, success, str(store.directory))
        table.add_row(*row)
    console.print(table)


def show_comparison(results: Mapping[Job, Mapping[str, Any]]) -> None:
    """Print one row a method and condition, over the seeds that are done."""
    columns = ("noise-free by seed", "noisy by seed", _DISTANCES[0])
    table = _table("successes of each seed's final policy", "method", "condition", *columns)
    for variant in dict.fromkeys(job.variant for job in results):
        rows = [
            result for job, result in sorted(results.items(), key=_seed) if job.variant == variant
        ]
        for condition in rows[0]["noise_free"]:
            quiet = [row["noise_free"][condition] for row in rows]
            noisy = [row["noisy"][condition] for row in rows]
            distance = np.array([one["mean_distance"] for one in quiet])
            table.add_row(
                variant,
                condition,
                " ".join(str(one["successes"]) for one in quiet),
                " ".join(str(one["successes"]) for one in noisy),
                f"{distance.mean():.3f} +- {distance.std():.3f}",
            )
    console.print(table)


def _seed(item: tuple[Job, Any]) -> int:
    return item[0].seed


@contextlib.contextmanager
def counting_bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar over a known number of steps; yields what advances it by one."""
    with Progress(*Progress.get_default_columns(), console=console) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


_DISTANCES = ("distance [m]", "worst [m]")
_TEXT = ("condition", "task", "method", "directory")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        text = name in _TEXT
        table.add_column(name, justify="left" if text else "right", overflow="fold")
    return table
