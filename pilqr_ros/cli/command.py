"""The command itself: its subcommands, and how it ends."""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

from pilqr_ros.cli import bag_commands
from pilqr_ros.cli import console as show
from pilqr_ros.cli.experiment_command import experiment
from pilqr_ros.cli.learning_commands import evaluate, plot, runs, train
from pilqr_ros.cli.node_commands import confirm, deploy, doctor, guard, robot, sros2_policy, up
from pilqr_ros.errors import PilqrError
from pilqr_ros.learning.errors import TrainingStopped

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

COMMANDS = (
    deploy,
    up,
    robot,
    guard,
    confirm,
    doctor,
    sros2_policy,
    train,
    evaluate,
    plot,
    runs,
    experiment,
)

app = typer.Typer(
    help="PILQR on ROS 2: teach a torque-controlled arm a contact-rich skill.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(bag_commands.app, name="bag")


def main() -> None:
    """Run the command; a problem is one line on stderr and a non-zero exit code."""
    try:
        app(standalone_mode=True)
    except (PilqrError, OSError) as error:
        show.errors.print(
            "[bold red]pilqr:[/]", escape(str(error)), soft_wrap=True, highlight=False
        )
        sys.exit(INTERRUPTED if isinstance(error, TrainingStopped) else 1)
