"""Progress bars."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn

from pilqr_ros.cli.console import console
from pilqr_ros.plain_text import printable


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
        figure("cost {:.4g}", progress.mean_cost),
        figure("success {:.0%}", progress.success_rate),
        figure("{:.0f} s left", progress.seconds_left),
        f"waiting: {progress.waiting_for}" if progress.waiting_for else "",
    ]
    return printable("  ".join(part for part in parts if part))


def figure(form: str, value: float) -> str:
    """Return a number in words; nothing if there is none."""
    return "" if math.isnan(value) else form.format(value)


@contextlib.contextmanager
def counting_bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar over a known number of steps; yields what advances it by one."""
    description = TextColumn("{task.description}", markup=False)
    columns = (description, *Progress.get_default_columns()[1:])
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(printable(title), total=total)
        yield lambda: bar.advance(task)
