"""What the command line shows: progress bars and tables."""

from __future__ import annotations

import contextlib
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.segment import Segments
from rich.table import Table
from rich.text import Text

from pilqr_ros.cli.sessions import Outcomes
from pilqr_ros.diagnosis import Judgement, gathered
from pilqr_ros.plain_text import printable
from pilqr_ros.runs.run_store import RunStore, open_run
from pilqr_ros.runs.run_summary import RunSummary
from pilqr_ros.tasks import Task

if TYPE_CHECKING:  # they take half a second to import, and a stop shall not wait for them
    from pilqr_ros.experiments.comparison import ComparedRun
    from pilqr_ros.experiments.statistics import Estimate, Figures

_COLOURS = {"OK": "green", "WARN": "yellow", "FAIL": "bold red", "SKIP": "dim"}


MAX_WIDTH = 10_000
"""Longest line of a table where there is no terminal [characters]."""


class PlainConsole(Console):
    """Shows text as it is: brackets are no markup, and what does not print is written out."""

    def __init__(self, *, stderr: bool = False) -> None:
        """Write to standard output, or to standard error."""
        super().__init__(stderr=stderr, markup=False, emoji=False)
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = MAX_WIDTH  # nothing is cut

    def render_str(self, text: str, **style: Any) -> Text:  # noqa: ANN401
        """Return text that a stranger may have written, fit for a terminal."""
        return super().render_str(printable(text, keep="\n"), **style)

    def print_whole(self, shown: Table) -> None:
        """Print a table with each row in one line, however narrow the terminal is."""
        lines = self.render(shown, self.options.update_width(MAX_WIDTH))
        self.print(Segments(lines), soft_wrap=True, end="")


console = PlainConsole()
errors = PlainConsole(stderr=True)


def styled(*parts: tuple[str, str]) -> Text:
    """Return texts, each with its style, put together."""
    return Text.assemble(*((printable(text, keep="\n"), style) for text, style in parts))


class TrainingBar:
    """A progress bar that shows iteration, rollout, mean cost, success rate and time left."""

    def __init__(self, title: str) -> None:
        """Prepare the bar; use it as a context manager."""
        self._bar = Progress(
            TextColumn("{task.description}", style="bold", markup=False),
            BarColumn(bar_width=12),
            TextColumn("{task.fields[status]}", markup=False),
            console=console,
        )
        self._task = self._bar.add_task(
            printable(title), total=None, status="waiting for the nodes"
        )

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
        f"waiting: {progress.waiting_for}" if progress.waiting_for else "",
    ]
    return printable("  ".join(part for part in parts if part))


def _figure(form: str, value: float) -> str:
    return "" if math.isnan(value) else form.format(value)


def show_iterations(store: RunStore) -> None:
    """Print one row an iteration and condition."""
    config = store.config
    label = store.task.distance_label
    columns = ["iteration", "condition", "rollouts", "mean cost", "success", label]
    reports = store.reports()
    halved = any(report.get("halvings", 0) > 0 for report in reports)
    columns += ["halved"] * halved
    shown = table(f"{config.task}, {config.method}, seed {config.seed}", *columns)
    for report in reports:
        shown.add_row(
            str(report["iteration"] + 1),
            store.task.conditions[report["condition"]].name,
            str(report["rollouts"]),
            f"{np.mean(report['total_costs']):.1f}",
            f"{np.mean(report['successes']):.0%}",
            f"{np.mean(report['distances']):.3f}",
            *[str(report.get("halvings", 0))] * halved,
        )
    console.print(shown)
    for line in _standings(store, reports):
        console.print(line, soft_wrap=True)


def _standings(store: RunStore, reports: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return where the training of each condition stands, in words."""
    newest = {report["condition"]: report for report in reports}
    return [
        f"{store.task.conditions[condition].name}: {told['status']}"
        + (f", {told['because']}" if told["because"] else "")
        for condition, report in newest.items()
        if (told := report.get("standing")) is not None
    ]


def show_evaluation(evaluated: Task, outcomes: Outcomes) -> None:
    """Print one row a condition, or set of drawn ones, of an evaluation.

    Args:
        evaluated: The task.
        outcomes: What came of each rollout.
    """
    distances = (evaluated.distance_label, f"worst [{evaluated.distance_unit}]")
    shown = table("evaluation", "condition", "rollouts", "success", *distances, "mean cost")
    condition = np.array([evaluated.conditions[index].group for index in outcomes.condition])
    success = np.asarray(outcomes.successes)
    distance, cost = np.asarray(outcomes.distances), np.asarray(outcomes.costs)
    for name in dict.fromkeys(condition):
        rows = condition == name
        shown.add_row(
            name,
            str(rows.sum()),
            f"{success[rows].sum()}/{rows.sum()}",
            f"{distance[rows].mean():.3f}",
            f"{distance[rows].max():.3f}",
            f"{cost[rows].mean():.1f}",
        )
    console.print(shown)


def show_findings(findings: Sequence[Any], title: str = "doctor") -> None:
    """Print one row a `Finding`, and how many there are of each kind; SKIP only if there is any."""
    shown = table(title, "verdict", "what", "found")
    for finding in findings:
        verdict = finding.verdict.value
        advice = f"\n{finding.advice}" if finding.advice else ""
        shown.add_row(
            styled((verdict, _COLOURS[verdict])),
            finding.subject,
            styled((finding.message, ""), (advice, "italic")),
        )
    console.print(shown)
    counts = Counter(finding.verdict.value for finding in findings)
    told = [verdict for verdict in _COLOURS if verdict != "SKIP" or counts[verdict]]
    console.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in told))


def warn(text: str) -> None:
    """Print a problem that ends nothing, on stderr."""
    errors.print(styled((text, "yellow")), soft_wrap=True, highlight=False)


def show_runs(directory: Path, runs: Sequence[RunSummary]) -> None:
    """Print one row a run, or that there is none; each path is whole, in one line, to be copied."""
    if not runs:
        console.print(f"no runs in {directory}", soft_wrap=True)
        return
    started = ["from"] if any(run.folder.config.origin is not None for run in runs) else []
    shown = table("runs", "task", "method", "seed", "iterations", "success", *started, "directory")
    for run in runs:
        config = run.folder.config
        success = "" if run.last is None else run.last.told
        done = f"{run.finished}/{config.iterations}"
        row = [config.task, config.method, str(config.seed), done, success]
        row += ["" if config.origin is None else config.origin.name] if started else []
        shown.add_row(*row, str(run.folder.directory))
    console.print_whole(shown)


def show_comparison(
    jobs: Sequence[ComparedRun], results: Mapping[ComparedRun, Mapping[str, Any]]
) -> None:
    """Print one row a method and condition; a seed without a result is a dash.

    Args:
        jobs: All runs of the comparison.
        results: The results of those that are done.
    """
    label = open_run(jobs[0].directory).task.distance_label
    columns = ("noise-free by seed", "noisy by seed", label)
    shown = table("successes of each seed's final policy", "method", "condition", *columns)
    for variant in dict.fromkeys(job.variant for job in results):
        ordered = sorted((job for job in jobs if job.variant == variant), key=lambda job: job.seed)
        rows = [results.get(job) for job in ordered]
        done = [row for row in rows if row is not None]
        for condition in done[0]["noise_free"]:
            distance = [row["noise_free"][condition]["mean_distance"] for row in done]
            shown.add_row(
                variant,
                condition,
                _successes(rows, "noise_free", condition),
                _successes(rows, "noisy", condition),
                _mean_and_spread(distance),
            )
    console.print(shown)
    _show_measures(results)


def show_figures(figures: Sequence[Figures], label: str) -> None:
    """Print what the last policies of each method come to over the seeds, with 95 % intervals.

    Args:
        figures: Those of each method.
        label: What the distance to success is called.
    """
    shown = table(
        "last policies", "method", "seeds", f"{label}, interquartile mean", "seeds that solve it",
        "noisy rollouts that succeed",
    )  # fmt: skip
    for one in figures:
        shown.add_row(
            one.variant,
            str(one.seeds),
            _estimated("{:.3f}", one.distance),
            _estimated("{:.0%}", one.solved),
            _figure("{:.0%}", one.noisy) or "-",
        )
    if figures:
        console.print(shown)


def _mean_and_spread(values: Sequence[float]) -> str:
    """Return the mean and the standard deviation over the seeds; one seed has none."""
    spread = f" +- {np.std(values):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def _estimated(form: str, estimate: Estimate) -> str:
    """Return a number with its interval; one seed has none."""
    value, low, high = (form.format(number) for number in estimate)
    return value if math.isnan(estimate.low) else f"{value} ({low} to {high})"


def picture(path: Path) -> None:
    """Say where a picture is."""
    console.print(f"figure: {path}", soft_wrap=True)


def _show_measures(results: Mapping[ComparedRun, Mapping[str, Any]]) -> None:
    """Print the task's measures, a row each, if it has any: mean and spread over the seeds."""
    measured: dict[tuple[str, str, str], list[float]] = {}
    for job, row in results.items():
        for condition, summary in row["noise_free"].items():
            for name, value in summary.get("mean_measures", {}).items():
                measured.setdefault((job.variant, condition, name), []).append(value)
    if measured:
        shown = table("measures, noise-free", "method", "condition", "measure", "over the seeds")
        for names, values in measured.items():
            shown.add_row(*names, _mean_and_spread(values))
        console.print(shown)


def show_judgements(judgements: Sequence[Judgement]) -> None:
    """Print what stands out in a run, a row each; that nothing does is said, too."""
    if not judgements:
        console.print("nothing stands out")
        return
    shown = table("what stands out", "word", "condition", "seen", "try")
    for one in gathered(judgements):
        shown.add_row(one.kind, one.condition, one.says, one.advice)
    console.print(shown)


def show_tests(results: Mapping[ComparedRun, Mapping[str, Any]]) -> None:
    """Print how the last networks of runs did in their tests; each of the runs has some."""
    jobs = sorted(results, key=lambda job: job.seed)
    label = open_run(jobs[0].directory).task.distance_label
    columns = ("rollouts", "successes by seed", f"{label} by seed")
    shown = table("tests of each seed's network, noise-free", "method", "test", *columns)
    for variant in dict.fromkeys(job.variant for job in jobs):
        tests = [results[job]["tests"] for job in jobs if job.variant == variant]
        for name in tests[0]:
            last = [test[name][-1] for test in tests]
            shown.add_row(
                variant,
                name,
                str(last[0]["rollouts"]),
                " ".join(str(point["successes"]) for point in last),
                " ".join(f"{point['mean_distance']:.3f}" for point in last),
            )
    console.print(shown)


def _successes(rows: Sequence[Mapping[str, Any] | None], kind: str, condition: str) -> str:
    return " ".join("-" if row is None else str(row[kind][condition]["successes"]) for row in rows)


@contextlib.contextmanager
def counting_bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar over a known number of steps; yields what advances it by one."""
    description = TextColumn("{task.description}", markup=False)
    columns = (description, *Progress.get_default_columns()[1:])
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(printable(title), total=total)
        yield lambda: bar.advance(task)


_TEXT = (
    "condition",
    "task",
    "method",
    "directory",
    "test",
    "verdict",
    "what",
    "found",
    "topic",
    "type",
    "word",
    "seen",
    "try",
    "run",
)


def fits(shown: Table) -> bool:
    """Tell whether a table is shown without a cell that goes on in its next line."""
    wanted = console.measure(shown, options=console.options.update_width(MAX_WIDTH)).maximum
    return wanted <= console.width


def table(title: str, *columns: str) -> Table:
    """Return a table without rows; what is too long for a cell goes on in its next line.

    Args:
        title: What stands above it; empty for nothing.
        columns: Their names; text stands left, figures right.
    """
    made = Table(title=title, title_justify="left")
    for name in columns:
        text = name in _TEXT
        made.add_column(name, justify="left" if text else "right", overflow="fold")
    return made
