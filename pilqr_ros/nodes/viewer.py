"""MuJoCo's window on a world."""

from __future__ import annotations

from typing import Protocol

from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.simulation.world import World


class Viewer(Protocol):
    """A window that shows the world at each `sync`."""

    def sync(self) -> None:
        """Show the world as it is."""


def open_viewer(world: World) -> Viewer:
    """Open a window on a world.

    Raises:
        NodeError: There is no screen to open it on.
    """
    try:
        from mujoco import viewer  # needs a screen, and is needed only here

        return viewer.launch_passive(world.model, world.data)
    except Exception as error:
        raise NodeError(f"parameter 'viewer' is True, but no window opens: {error}") from error
