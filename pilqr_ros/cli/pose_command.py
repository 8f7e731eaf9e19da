"""The command that finds a start pose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer

from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.authoring.pose import ALIGNED, AXES, THERE, FoundPose, Poser, Wanted, joints_line
from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import Host, Port, TaskName, Token, ending_in, place_of
from pilqr_ros.cli.page_commands import ending_asked, served
from pilqr_ros.tasks import Task, load_task

WIDTH, HEIGHT = 960, 540
"""Of the picture."""


def pose(
    task: TaskName,
    condition: Annotated[
        str | None, typer.Option(help="In whose scene; else the first one's.")
    ] = None,
    site: Annotated[
        str, typer.Option(help="The robot's site to bring somewhere; else the state's first point.")
    ] = "",
    at: Annotated[str, typer.Option(help="Where to bring it, X,Y,Z in m.")] = "",
    along: Annotated[str, typer.Option(help="Direction of an axis of the site, X,Y,Z.")] = "",
    axis: Annotated[Literal["x", "y", "z"], typer.Option(help="Which axis has it.")] = "x",
    picture: Annotated[
        Path | None,
        typer.Option(
            help="Draw the pose into this file (.png).",
            dir_okay=False,
            callback=ending_in(".png"),
        ),
    ] = None,
    view: Annotated[
        bool, typer.Option("--view", help="Move the arm in a browser: sliders, a handle.")
    ] = False,
    port: Port = 8080,
    host: Host = "127.0.0.1",
    token: Token = "",
) -> None:
    """Find a start: joint positions with a site at a place, as a line for the task file.

    Without --at it tells of the start that the file has, which may lie outside the joints' bounds.
    The exit code is 1 where it does, no pose gets there, or no rollout could begin from the one
    that does: it touches something, or bodies of the scene overlap.
    """
    loaded = load_task(task, any_start=True)
    index = 0 if condition is None else loaded.condition_index(condition)
    poser = Poser(loaded, index)
    site = site or _first_site(loaded, poser)
    place, direction = place_of("--at", at), place_of("--along", along)
    if direction is not None and place is None:
        raise typer.BadParameter("--along needs --at: where the site is to be")
    if place is not None:
        wanted = Wanted(site, place, AXES.index(axis), direction)
        found = poser.solve(wanted)
    else:
        found = poser.found
    _tell(poser, site, found)
    if picture is not None:
        _draw(poser, picture)
    if view:
        _serve(loaded, index, poser, site, (port, host, token))
    elif not (found.there and found.is_a_start):
        raise typer.Exit(1)


def _first_site(task: Task, poser: Poser) -> str:
    """Return the first point of the state, or any site of the robot."""
    names = [*task.points, *poser.sites()]
    if not names:
        raise AuthoringError("the robot's model has no site that could be brought somewhere")
    return names[0]


def _tell(poser: Poser, site: str, found: FoundPose) -> None:
    """Print the pose and what is wrong with it."""
    place = ", ".join(f"{value:.4f}" for value in poser.place(site))
    show.console.print(f"# {site} at [{place}]", soft_wrap=True, highlight=False)
    show.console.print(joints_line(found.q), soft_wrap=True, markup=False, highlight=False)
    if found.error > THERE:
        show.warn(f"{1e3 * found.error:.1f} mm from where it is wanted: out of the arm's reach?")
    if found.angle > ALIGNED:
        show.warn(f"{found.angle:.3f} rad from the direction that is wanted")
    for joint in found.outside:
        show.warn(joint)
    for pair in found.touching:
        show.warn(f"{pair} touch")
    if found.refused:
        show.warn(f"no rollout can begin: {found.refused}")


def _draw(poser: Poser, path: Path) -> None:
    from matplotlib.image import imsave

    from pilqr_ros.simulation.offscreen import OffscreenRenderer

    imsave(path, np.asarray(OffscreenRenderer(poser.model, WIDTH, HEIGHT).render(poser.data)))
    show.console.print(f"picture: {path}", soft_wrap=True)


def _serve(
    task: Task, condition: int, poser: Poser, site: str, where: tuple[int, str, str]
) -> None:
    from pilqr_ros.authoring.pose_page import PosePage

    with ending_asked() as ended, served(*where, f"pilqr pose {task.name}") as server:
        page = PosePage(server, task, condition, poser, site)
        while not ended.is_set():
            page.work()
