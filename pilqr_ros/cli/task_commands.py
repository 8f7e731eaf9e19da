"""The commands that help to write a task."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from pilqr_ros.authoring.check import check_task, has_faults
from pilqr_ros.authoring.choices import Places
from pilqr_ros.authoring.json_schema import schema_text
from pilqr_ros.authoring.robot_files import Adaptation
from pilqr_ros.authoring.scaffold import new_task
from pilqr_ros.authoring.trial import NOISY
from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import TaskName, names_of, numbers_of, place_of
from pilqr_ros.cli.run_arguments import Seed


def check(
    task: TaskName,
    seed: Seed = 0,
    rollouts: Annotated[int, typer.Option(min=2, max=1000, help="Noisy rollouts.")] = NOISY,
) -> None:
    """Check a task before it is trained: starts, motors, hold, noise, success, cost.

    The exit code is 1 if something must be mended (FAIL).
    """
    with show.console.status("trying the first policy"):
        findings = check_task(task, seed=seed, rollouts=rollouts)
    show.show_findings(findings, title=f"check of {task}")
    if has_faults(findings):
        raise typer.Exit(1)


def new(
    name: Annotated[str, typer.Argument(help="The task's name: small letters, digits, _.")],
    robot: Annotated[Path, typer.Option(help="The robot's model, MJCF or URDF.")],
    scene: Annotated[
        Path | None,
        typer.Option(
            help="The scene's model; else a floor and a target.", exists=True, dir_okay=False
        ),
    ] = None,
    site: Annotated[str, typer.Option(help="The site of the robot that is to be moved.")] = "",
    adapt: Annotated[
        bool,
        typer.Option(
            "--adapt",
            help="Write a copy of the robot's model that fits: a motor for each joint instead of"
            " its actuators, its weight compensated, --site may be a body.",
        ),
    ] = False,
    joints: Annotated[
        str, typer.Option(help="Joints to move, separated by commas; else all with motors.")
    ] = "",
    torque_limits: Annotated[
        str, typer.Option(help="With --adapt: one for each joint, separated by commas, or one.")
    ] = "",
    start: Annotated[
        str, typer.Option(help="Where the tip starts, X,Y,Z in m; else a pose is chosen.")
    ] = "",
    target: Annotated[
        str, typer.Option(help="Where it is to be brought, X,Y,Z in m; else a place in reach.")
    ] = "",
) -> None:
    """Write a task file for a robot: its tip is brought to a target. It loads and trains."""
    wanted = Adaptation(names_of(joints), numbers_of("--torque-limits", torque_limits), site)
    places = Places(place_of("--start", start), place_of("--target", target))
    made = new_task(
        name, robot, folder=Path(), scene=scene, adapt=adapt, wanted=wanted, places=places
    )
    for path in made.files:
        show.console.print(f"wrote {path}", soft_wrap=True)
    for copy, original in made.copies.items():
        if original in (robot, scene):
            said = f"{copy} is what the task reads, a copy of {original}: from now on edit the copy"
            show.console.print(said, soft_wrap=True)
    if np.any(np.abs(made.choices.weight) > made.choices.first.noise_std):
        show.warn(
            "the model does not compensate the arm's weight, so that the hold sags; if the arm's"
            ' controller does, write gravcomp="1" into its bodies, or use --adapt'
        )
    named = shlex.quote(str(made.path))
    show.console.print(
        f"now: pilqr check {named}\n     pilqr train {named} --in-process", soft_wrap=True
    )


def schema() -> None:
    """Print the JSON schema of task files, for an editor."""
    typer.echo(schema_text(), nl=False)
