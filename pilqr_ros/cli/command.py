"""The command itself: its subcommands, and how it ends."""

from __future__ import annotations

import signal
import sys

import typer

from pilqr_ros.cli import bag_commands
from pilqr_ros.cli import console as show
from pilqr_ros.cli.experiment_command import experiment
from pilqr_ros.cli.learning_commands import evaluate, runs, train
from pilqr_ros.cli.node_commands import (
    confirm,
    deploy,
    doctor,
    execute,
    guard,
    robot,
    sros2_policy,
    up,
)
from pilqr_ros.cli.page_commands import dashboard, view
from pilqr_ros.cli.peers_command import peers
from pilqr_ros.cli.pose_command import pose
from pilqr_ros.cli.report_commands import compare, diagnose, export, log, plot, report, video
from pilqr_ros.cli.task_commands import check, new, schema
from pilqr_ros.errors import PilqrError
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.lifetime import follow_parent

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

COMMANDS = (
    check,
    new,
    pose,
    schema,
    deploy,
    execute,
    up,
    robot,
    guard,
    confirm,
    doctor,
    sros2_policy,
    train,
    evaluate,
    plot,
    video,
    diagnose,
    view,
    dashboard,
    compare,
    report,
    log,
    export,
    runs,
    experiment,
    peers,
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
    """Run the command; each problem is one line on stderr, and the exit code is not zero.

    SIGTERM interrupts it as Ctrl-C does, and so does the end of the process that it is to follow: a
    training that it asked for is cancelled.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        follow_parent()
        app(standalone_mode=True)
    except (PilqrError, OSError) as error:
        for line in error.lines if isinstance(error, PilqrError) else [str(error)]:
            said = show.styled(("pilqr: ", "bold red"), (line, ""))
            show.errors.print(said, soft_wrap=True, highlight=False)
        sys.exit(INTERRUPTED if isinstance(error, TrainingStopped) else 1)
