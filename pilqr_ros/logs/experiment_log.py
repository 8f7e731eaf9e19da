"""What takes a run's numbers: one interface for every kind of log."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pilqr_ros.errors import PilqrError

KINDS = {"tensorboard": "tensorboardX", "wandb": "wandb"}
"""Each kind of log with the library that it needs."""


class LogError(PilqrError):
    """A log cannot be written; the message says what is missing."""


class ExperimentLog(Protocol):
    """Takes numbers by name, iteration after iteration."""

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add the numbers of a step; several calls may add to the same one."""

    def close(self) -> None:
        """Bring everything to where it is kept."""


def check_log(kind: str) -> None:
    """Check that a kind of log can be written.

    Raises:
        LogError: There is no such kind, or its library is not installed.
    """
    if kind not in KINDS:
        raise LogError(f"log is {kind!r}, allowed is one of {', '.join(KINDS)}")
    if importlib.util.find_spec(KINDS[kind]) is None:
        library = KINDS[kind]
        raise LogError(
            f"a log for {kind} needs {library}, which is not installed: `pip install {library}`"
        )


def open_log(kind: str, directory: Path, description: Mapping[str, Any]) -> ExperimentLog:
    """Open the log of a run.

    Args:
        kind: Which one.
        directory: The run's; the log is kept there, in a folder named after its kind.
        description: What tells this run from others.

    Raises:
        LogError: See `check_log`.
    """
    check_log(kind)
    folder = directory / kind
    if kind == "tensorboard":
        from pilqr_ros.logs.tensorboard_log import TensorBoardLog

        return TensorBoardLog(folder, description)
    from pilqr_ros.logs.wandb_log import WandbLog

    return WandbLog(folder, f"{directory.parent.name}/{directory.name}", description)
