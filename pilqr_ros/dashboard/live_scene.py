"""Robot, bodies and the last rollouts' paths of a running graph in the page's scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pilqr_ros.dashboard.live_state import LiveState
from pilqr_ros.page.drawings import PathDrawing, TargetDrawing
from pilqr_ros.page.motion import Posture
from pilqr_ros.page.paths import colors_by_success, path_blocks, places, tube
from pilqr_ros.page.scene import ModelScene
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    import viser


class LiveScene:
    """Moves with the state that is sensed."""

    def __init__(self, server: viser.ViserServer, task: Task) -> None:
        """Draw the model at the first condition's start, and choices of what is drawn beside it."""
        self._task, gui = task, server.gui
        self._scene = ModelScene(server, task.world_model, task.points)
        self._paths, self._targets = PathDrawing(server), TargetDrawing(server, task)
        self._condition = -1
        self._names = [condition.name for condition in task.conditions]
        self._shown = gui.add_dropdown("condition", ("the last one", *self._names))
        self._block = gui.add_dropdown("paths of", tuple(path_blocks(task)) or ("nothing",))
        self._drawn: object = None
        self._turn_to(0)

    def move(self, state: Array) -> None:
        """Show a state ``(dX,)``; entries that are not known leave their part where it was."""
        if np.isfinite(state).all():
            self._scene.show_poses(self._posture.take(state))

    def draw(self, live: LiveState) -> None:
        """Draw paths and targets of the condition that is chosen, if they have changed."""
        chosen = self._shown.value, self._block.value
        with live.lock:
            if chosen == self._drawn and not live.shown.changed:
                return
            found = dict(live.shown.take())
        self._drawn = chosen
        condition = self._chosen(list(found))
        if condition != self._condition:
            self._turn_to(condition)
        self._paths.clear()
        rollouts = found.get(condition, [])
        block = path_blocks(self._task).get(self._block.value)
        if block is None or not rollouts:
            return
        paths = places(block, np.array([rollout.states for rollout in rollouts]))
        self._paths.draw_paths(paths, colors_by_success([one.success for one in rollouts]))
        if len(paths) > 1:
            self._paths.draw_tube(tube(paths))

    def _chosen(self, heard: list[int]) -> int:
        """Return the condition that is shown."""
        if self._shown.value in self._names:
            return self._names.index(self._shown.value)
        return heard[-1] if heard else max(self._condition, 0)

    def _turn_to(self, condition: int) -> None:
        """Show a condition's bodies and targets."""
        self._condition, self._posture = condition, Posture(self._task, condition)
        self._targets.draw(condition)
