"""How far a run is, told by its directory alone, without its task: a task takes long to build."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple, Self

from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_names import DESCRIPTION_FILE, TASK_FILE
from pilqr_ros.runs.last_policy import LastPolicy, last_policy
from pilqr_ros.runs.report_file import load_report
from pilqr_ros.runs.run_description import read_config, read_description, recorded_digests
from pilqr_ros.runs.run_folder import RunFolder


class RunSummary(NamedTuple):
    """How far a run is.

    Attributes:
        folder: Where it is, and what it was asked to do.
        finished: Number of iterations whose updates are stored.
        last: How its last policy does; nothing before an iteration has a report.
        warning: Whether the task file is another than at the beginning, in words; else empty.
    """

    folder: RunFolder
    finished: int
    last: LastPolicy | None
    warning: str

    @classmethod
    def of(cls, directory: Path) -> Self:
        """Read what tells how far a run is, and no more.

        Raises:
            RunError: It is not a run, or what it needs of it is damaged.
        """
        path = directory / DESCRIPTION_FILE
        description = read_description(directory)
        folder = RunFolder(directory, read_config(description, path))
        begun = recorded_digests(description, path) if "files" in description else {}
        last, finished = last_policy(folder, _last_reports(folder)), folder.iterations_finished
        return cls(folder, finished, last, _warning(directory, begun.get(TASK_FILE)))


def _last_reports(folder: RunFolder) -> list[dict[str, Any]]:
    """Return the reports of the last iteration that has one."""
    paths = folder.report_paths()
    return [load_report(path) for path in paths if path.parents[1] == paths[-1].parents[1]]


def _warning(directory: Path, begun: str | None) -> str:
    """Return that a run's task file changed; empty if it did not, or if that is not known."""
    path = directory / TASK_FILE
    if not path.is_file():
        raise RunError(f"{directory} is not a run: it has no {TASK_FILE}")
    if begun in (None, hashlib.sha256(atomic.read_bytes(path)).hexdigest()):
        return ""
    return f"{directory}: {TASK_FILE} is not as it was when the run was begun"
