"""The command that lists runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros.cli import console as show
from pilqr_ros.cli import tables
from pilqr_ros.cli.arguments import Runs
from pilqr_ros.errors import PilqrError
from pilqr_ros.runs.run_store import find_runs
from pilqr_ros.runs.run_summary import RunSummary


def runs(
    directory: Annotated[
        Path | None, typer.Argument(help="Where runs are kept; instead of `--runs`.")
    ] = None,
    runs: Runs = Path("runs"),
) -> None:
    """List the runs, how far they are, and how often the last policy of each succeeds.

    That is by its own evaluation; "noisy" are the last iteration's rollouts of a run without one.
    """
    place, found = runs if directory is None else directory, []
    for path in find_runs(place):
        try:
            found.append(RunSummary.of(path))
        except PilqrError as error:
            show.warn(f"{path} is left out: {error}")
    for one in found:
        if one.warning:
            show.warn(one.warning)
    tables.show_runs(place, found)
