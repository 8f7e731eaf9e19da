"""A log for TensorBoard: `tensorboard --logdir RUN` shows it, and many runs beside one another."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

_NOT_IN_TAGS = re.compile(r"[^-/\w.]")


class TensorBoardLog:
    """Writes an event file; one that the same run had before is replaced."""

    def __init__(self, folder: Path, description: Mapping[str, Any]) -> None:
        """Begin the file in a folder of its own."""
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()  # else every number would be there twice
        self._writer = SummaryWriter(str(folder))
        self._writer.add_text("run", f"```\n{json.dumps(description, indent=2)}\n```", 0)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add the numbers of a step."""
        for name, value in values.items():
            self._writer.add_scalar(_NOT_IN_TAGS.sub("_", name), value, step)
        self._writer.flush()

    def close(self) -> None:
        """End the file."""
        self._writer.close()
