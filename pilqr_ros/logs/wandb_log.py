"""A log for Weights & Biases.

Without an account nothing leaves the machine: ``WANDB_MODE`` is ``offline`` unless it is set, and
``wandb sync`` uploads what is kept.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import wandb


class WandbLog:
    """Writes a run of Weights & Biases; its project is ``WANDB_PROJECT``, or ``pilqr``."""

    def __init__(self, folder: Path, name: str, description: Mapping[str, Any]) -> None:
        """Begin the run in a folder of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "pilqr"),
            name=name,
            dir=str(folder),
            config=dict(description),
            settings={"console": "off"},  # what the command prints stays its own
            mode=os.environ.get("WANDB_MODE", "offline"),
        )

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add the numbers of a step."""
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        """End the run."""
        self._run.finish()
