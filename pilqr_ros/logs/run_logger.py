"""From a run on disk to a log of its numbers."""

from __future__ import annotations

from pathlib import Path

from pilqr_ros.logs.experiment_log import ExperimentLog
from pilqr_ros.logs.scalars import scalars
from pilqr_ros.runs.report_file import load_report
from pilqr_ros.runs.run_store import RunStore


class RunLogger:
    """Tells a log what the iterations of a run came to, each once.

    Steps are iterations as people count them, from 1. A number's name ends with the condition's.
    """

    def __init__(self, store: RunStore, log: ExperimentLog) -> None:
        """Tell nothing yet."""
        self._store, self._log = store, log
        self._told: set[Path] = set()

    def update(self) -> None:
        """Tell what has been finished since."""
        conditions = self._store.task.conditions
        for path in self._store.report_paths():
            if path in self._told:
                continue
            report = load_report(path, len(conditions))
            self._told.add(path)
            condition = conditions[report["condition"]].name
            values = {f"{name}/{condition}": value for name, value in scalars(report).items()}
            self._log.write(report["iteration"] + 1, values)

    def close(self) -> None:
        """Tell the rest, and end the log."""
        try:
            self.update()
        finally:
            self._log.close()
