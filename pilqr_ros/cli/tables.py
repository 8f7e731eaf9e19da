"""Tables of what came of trainings, evaluations and comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pilqr_ros.cli import console as show
from pilqr_ros.cli.bars import figure
from pilqr_ros.diagnosis import Judgement, gathered
from pilqr_ros.evaluation.measured import stored_spreads
from pilqr_ros.runs.run_store import RunStore, open_run
from pilqr_ros.runs.run_summary import RunSummary
from pilqr_ros.tasks import Task

if TYPE_CHECKING:  # nothing is asked of these modules but types
    from pilqr_ros.cli.sessions import Outcomes
    from pilqr_ros.experiments.comparison import ComparedRun
    from pilqr_ros.experiments.statistics import Estimate, Figures, SamplesTo


def show_iterations(store: RunStore) -> None:
    """Print one row an iteration and condition."""
    config = store.config
    label = store.task.distance_label
    columns = ["iteration", "condition", "rollouts", "mean cost", "success", label]
    reports = store.reports()
    halved = any(report.get("halvings", 0) > 0 for report in reports)
    columns += ["halved"] * halved
    shown = show.table(f"{config.task}, {config.method}, seed {config.seed}", *columns)
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
    show.console.print(shown)
    for line in _standings(store, reports):
        show.console.print(line, soft_wrap=True)


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
    shown = show.table("evaluation", "condition", "rollouts", "success", *distances, "mean cost")
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
    show.console.print(shown)


def show_measures(evaluated: Task, rollouts: Sequence[tuple[int, Path]]) -> None:
    """Print the task's measures over the rollouts of an evaluation, if it has any.

    Args:
        evaluated: The task.
        rollouts: Condition and file of each.

    Raises:
        RunError: A file is damaged.
    """
    grouped: dict[str, list[tuple[int, Path]]] = {}
    for condition, path in rollouts:
        grouped.setdefault(evaluated.conditions[condition].group, []).append((condition, path))
    shown = show.table("measures", "condition", "measure", "mean", "least", "greatest")
    for name, several in grouped.items():
        for measure, spread in stored_spreads(evaluated, several).items():
            shown.add_row(name, measure, *(f"{value:.3f}" for value in spread))
    if shown.row_count > 0:
        show.console.print(shown)


def show_runs(directory: Path, runs: Sequence[RunSummary]) -> None:
    """Print one row a run, or that there is none; each path is whole, in one line, to be copied."""
    if not runs:
        show.console.print(f"no runs in {directory}", soft_wrap=True)
        return
    started = ["from"] if any(run.folder.config.origin is not None for run in runs) else []
    shown = show.table(
        "runs", "task", "method", "seed", "iterations", "success", *started, "directory"
    )
    for run in runs:
        config = run.folder.config
        success = "" if run.last is None else run.last.told
        done = f"{run.finished}/{config.iterations}"
        row = [config.task, config.method, str(config.seed), done, success]
        row += ["" if config.origin is None else config.origin.name] if started else []
        shown.add_row(*row, str(run.folder.directory))
    show.console.print_whole(shown)


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
    shown = show.table("successes of each seed's final policy", "method", "condition", *columns)
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
    show.console.print(shown)
    _show_measures(results)


def show_figures(figures: Sequence[Figures], label: str) -> None:
    """Print what the last policies of each method come to over the seeds, with 95 % intervals.

    Args:
        figures: Those of each method.
        label: What the distance to success is called.
    """
    shown = show.table(
        "last policies", "method", "seeds", f"{label}, interquartile mean", "seeds that solve it",
        "noisy rollouts that succeed",
    )  # fmt: skip
    for one in figures:
        shown.add_row(
            one.variant,
            str(one.seeds),
            _estimated("{:.3f}", one.distance),
            _estimated("{:.0%}", one.solved),
            figure("{:.0%}", one.noisy) or "-",
        )
    if figures:
        show.console.print(shown)


def show_samples(found: Sequence[SamplesTo], test: str, goal: str) -> None:
    """Print how many rollouts each method needs to become so good in a test.

    Args:
        found: Those of each method; of one alone nothing is shown.
        test: The test's name.
        goal: The distance, in words.
    """
    shown = show.table(
        f"rollouts to a {goal} in test {test!r}", "method", "seeds that reach it",
        "rollouts, median", "times the first method's",
    )  # fmt: skip
    for one in found:
        more = "" if one.is_known else "more than "
        ratio = "-" if math.isnan(one.ratio.value) else more + _estimated("{:.3g}", one.ratio)
        shown.add_row(one.variant, f"{one.reached} of {one.seeds}", f"{more}{one.samples:g}", ratio)
    if len(found) > 1:
        show.console.print(shown)


def _mean_and_spread(values: Sequence[float]) -> str:
    """Return the mean and the standard deviation over the seeds; one seed has none."""
    spread = f" +- {np.std(values):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def _estimated(form: str, estimate: Estimate) -> str:
    """Return a number with its interval; one seed has none."""
    value, low, high = (form.format(number) for number in estimate)
    return value if math.isnan(estimate.low) else f"{value} ({low} to {high})"


def _show_measures(results: Mapping[ComparedRun, Mapping[str, Any]]) -> None:
    """Print the task's measures, a row each, if it has any: means of the seeds, and all rollouts.

    Of results of an earlier version only the means are known.
    """
    measured: dict[tuple[str, str, str], list[float]] = {}
    bounds: dict[tuple[str, str, str], list[float]] = {}
    for job, row in results.items():
        for condition, summary in row["noise_free"].items():
            for name, value in summary.get("mean_measures", {}).items():
                names = (job.variant, condition, name)
                measured.setdefault(names, []).append(value)
                for kind in ("least_measures", "greatest_measures"):
                    bound = summary.get(kind, {}).get(name, math.nan)
                    bounds.setdefault(names, []).append(bound)
    if measured:
        shown = show.table(
            "measures, noise-free", "method", "condition", "measure", "over the seeds",
            "over the rollouts",
        )  # fmt: skip
        for names, values in measured.items():
            over_rollouts = f"{min(bounds[names]):.3f} to {max(bounds[names]):.3f}"
            known = not np.isnan(bounds[names]).any()
            shown.add_row(*names, _mean_and_spread(values), over_rollouts if known else "")
        show.console.print(shown)


def show_judgements(judgements: Sequence[Judgement]) -> None:
    """Print what stands out in a run, a row each; that nothing does is said, too."""
    if not judgements:
        show.console.print("nothing stands out")
        return
    shown = show.table("what stands out", "word", "condition", "seen", "try")
    for one in gathered(judgements):
        shown.add_row(one.kind, one.condition, one.says, one.advice)
    show.console.print(shown)


def show_tests(results: Mapping[ComparedRun, Mapping[str, Any]]) -> None:
    """Print how the last networks of runs did in their tests; each of the runs has some."""
    jobs = sorted(results, key=lambda job: job.seed)
    label = open_run(jobs[0].directory).task.distance_label
    columns = ("rollouts", "successes by seed", f"{label} by seed")
    shown = show.table("tests of each seed's network, noise-free", "method", "test", *columns)
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
    show.console.print(shown)


def _successes(rows: Sequence[Mapping[str, Any] | None], kind: str, condition: str) -> str:
    return " ".join("-" if row is None else str(row[kind][condition]["successes"]) for row in rows)
