"""MuJoCo's window on a world."""

from __future__ import annotations

from typing import Protocol

from pilqr_ros.simulation.errors import RenderError
from pilqr_ros.simulation.world import World


class Viewer(Protocol):
    """A window that shows the world at each `sync`."""

    def sync(self) -> None:
        """Show the world as it is."""


def open_viewer(world: World) -> Viewer:
    """Open a window on a world.

    Raises:
        RenderError: There is no screen to open it on.
    """
    try:
        from mujoco import viewer  # needs a screen, and is needed only here

        return viewer.launch_passive(world.model, world.data)
    except Exception as error:
        raise RenderError(f"no window opens for the viewer: {error}") from error
