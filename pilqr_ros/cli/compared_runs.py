"""The table of compared runs: a row a run, or a column a run where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from pilqr_ros.cli import console as show
from pilqr_ros.report.comparison import ComparedRow


def show_compared_runs(rows: Sequence[ComparedRow], label: str) -> None:
    """Print how runs did, as wide as the terminal is.

    Args:
        rows: The runs.
        label: What the distance to success is called.
    """
    told = [_told(row, label) for row in rows]
    beside = show.table("runs", *told[0])
    for one in told:
        beside.add_row(*one.values())
    if show.fits(beside):
        show.console.print(beside)
        return
    for first in range(0, len(told), many := _many(told)):
        show.console.print(_turned(told[first : first + many]))


def _told(row: ComparedRow, label: str) -> Mapping[str, str]:
    """Return what is said of a run, by its column."""
    (low, high), last = row.interval, row.last
    return {
        "run": row.run.name,
        "method": row.method,
        "seed": str(row.seed),
        "iterations": str(row.iterations),
        "rollouts": str(row.rollouts),
        "nine of ten after": "never" if row.learned_after is None else f"{row.learned_after}",
        "success": last.told,
        "95 % interval": f"{low:.0%} to {high:.0%}",
        "mean cost": f"{last.cost:.4g}",
        label: f"{last.distance:.3f}",
        "time": f"{row.seconds / 60:.1f} min",
    }


def _turned(told: Sequence[Mapping[str, str]]) -> Table:
    """Return a table of a column a run."""
    first, *others = told[0]
    shown = show.table("", first, *(one[first] for one in told))
    for name in others:
        shown.add_row(name, *(one[name] for one in told))
    return shown


def _many(told: Sequence[Mapping[str, str]]) -> int:
    """Return how many runs fit beside one another, at least one."""
    many = 1
    while many < len(told) and show.fits(_turned(told[: many + 1])):
        many += 1
    return many
