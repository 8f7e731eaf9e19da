"""A run that is opened to be shown or executed."""

from __future__ import annotations

from pathlib import Path

from pilqr_ros.cli import console as show
from pilqr_ros.runs.run_store import RunStore, open_run
from pilqr_ros.runs.same_files import file_warnings


def opened(run: Path) -> RunStore:
    """Open a run to look at it or to execute its policies, and warn of files that changed."""
    store = open_run(run)
    for warning in file_warnings(store):
        show.warn(warning)
    return store
