"""The command itself: its subcommands, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Annotated, ClassVar

import typer

from pilqr_ros import __version__
from pilqr_ros.cli import console as show
from pilqr_ros.cli.lazy_commands import LazyGroup
from pilqr_ros.errors import PilqrError
from pilqr_ros.graph.processes import NO_WINDOW
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.lifetime import INTERRUPTED, follow_parent


class Commands(LazyGroup):
    """The subcommands, in the order of the help."""

    MODULES: ClassVar[Mapping[str, str]] = {
        name: f"pilqr_ros.cli.{module}"
        for name, module in {
            "check": "task_commands",
            "new": "task_commands",
            "pose": "pose_command",
            "schema": "task_commands",
            "deploy": "node_commands",
            "execute": "robot_commands",
            "up": "node_commands",
            "robot": "node_commands",
            "guard": "robot_commands",
            "confirm": "robot_commands",
            "doctor": "node_commands",
            "sros2-policy": "node_commands",
            "train": "learning_commands",
            "evaluate": "learning_commands",
            "plot": "drawing_commands",
            "video": "report_commands",
            "diagnose": "report_commands",
            "view": "page_commands",
            "dashboard": "page_commands",
            "compare": "drawing_commands",
            "report": "drawing_commands",
            "log": "report_commands",
            "export": "report_commands",
            "runs": "runs_command",
            "experiment": "experiment_command",
            "peers": "peers_command",
            "bag": "bag_commands",
        }.items()
    }


app = typer.Typer(
    cls=Commands,
    help="PILQR on ROS 2: teach a torque-controlled arm a contact-rich skill.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"pilqr_ros {__version__}")
        raise typer.Exit


@app.callback()
def pilqr(
    version: Annotated[
        bool, typer.Option("--version", help="Tell the version.", callback=_tell_version)
    ] = False,
) -> None:
    """Take the options of the command itself."""


def run() -> None:
    """Run the command; each problem is one line on stderr, and the exit code is not zero.

    SIGTERM interrupts it as Ctrl-C does, and so does the end of the process that it is to follow: a
    training that it asked for is cancelled.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.update(NO_WINDOW | os.environ)
    try:
        follow_parent()
        app(standalone_mode=True)
    except (PilqrError, OSError) as error:
        for line in error.lines if isinstance(error, PilqrError) else [str(error)]:
            said = show.styled(("pilqr: ", "bold red"), (line, ""))
            show.errors.print(said, soft_wrap=True, highlight=False)
        sys.exit(INTERRUPTED if isinstance(error, TrainingStopped) else 1)
