"""The command `pilqr`: start the nodes, train, evaluate, plot, and list runs.

A subcommand's module is imported when it is called (`lazy_commands`), so that a stop waits for no
library of another command. ROS is imported within the commands that use it, so that a run can be
looked at, and a task be trained in one process, on a machine that has none.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pilqr_ros.lifetime import INTERRUPTED, ended_at_once
from pilqr_ros.public_names import public_names

if TYPE_CHECKING:
    from pilqr_ros.cli.command import app as app

__getattr__ = public_names(__name__, {"pilqr_ros.cli.command": ("app",)})
__all__ = ["app", "main"]


def main() -> None:
    """Run the command (see `command.run`); Ctrl-C ends it silently, also while it is imported."""
    try:
        with ended_at_once():
            from pilqr_ros.cli.command import run
        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
