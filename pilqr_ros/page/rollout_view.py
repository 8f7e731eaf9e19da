"""The rollouts of a run: one of them moves in the scene, the paths of its neighbours about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pilqr_ros.page.charts import Chart, Line
from pilqr_ros.page.drawings import PathDrawing, TargetDrawing
from pilqr_ros.page.motion import BodyMotion, motion_of
from pilqr_ros.page.paths import colors_by_cost, colors_by_success, path_blocks, places, tube
from pilqr_ros.page.player import Pending, Player
from pilqr_ros.page.run_index import TRAINING, Filed, RunIndex, readable
from pilqr_ros.page.scene import ModelScene
from pilqr_ros.page.text import Text
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.tasks.randomisation import draw_factors

if TYPE_CHECKING:
    import viser

MAX_PATHS = 40
"""Paths of no more rollouts are drawn at once."""

BY_SUCCESS, BY_COST = "success (green) or not (orange)", "cost: yellow is low, violet high"

LIST, ROLLOUT, STEP, PATHS = "list", "rollout", "step", "paths"
"""What can be pending: which rollouts there are, which one is shown, its step, the paths."""


class RolloutView:
    """Controls and drawings of the rollouts."""

    def __init__(self, server: viser.ViserServer, store: RunStore, pending: Pending) -> None:
        """Add the controls to the present place on the page."""
        self._store, self._task, self._gui = store, store.task, server.gui
        self._index = RunIndex(store)
        self._files: list[Filed] = []
        self._count = 0
        self._motion: BodyMotion | None = None
        self._loaded: Path | None = None
        self._scene = ModelScene(server, self._task.world_model, self._task.points)
        self._paths = PathDrawing(server)
        self._targets = TargetDrawing(server, self._task)
        self._names = [condition.name for condition in self._task.conditions]
        self._add_choices(pending)
        self.player = Player(self._gui, self._task.dt, lambda: pending.add(STEP))
        self._add_path_choices(pending)
        self._torques = Chart(self._gui, "applied torque / limit of each joint", "time step")

    def _add_choices(self, pending: Pending) -> None:
        gui = self._gui
        self._source = gui.add_dropdown("rollouts of", self._index.sources())
        self._iteration: Any = gui.add_slider("iteration", min=0, max=1, step=1, initial_value=1)
        names = [self._names[i] for i in self._store.config.conditions]
        self._condition = gui.add_dropdown("condition", names)
        self._number: Any = gui.add_slider("rollout", min=0, max=1, step=1, initial_value=0)
        self._said = Text(gui)
        for control in (self._source, self._iteration, self._condition):
            control.on_update(pending.asks(LIST))
        self._number.on_update(pending.asks(ROLLOUT))

    def _add_path_choices(self, pending: Pending) -> None:
        gui, blocks = self._gui, path_blocks(self._task)
        with gui.add_folder("paths of this iteration and condition", visible=bool(blocks)):
            self._block = gui.add_dropdown("path of", tuple(blocks) or ("nothing",))
            self._coloring = gui.add_dropdown("colour by", (BY_SUCCESS, BY_COST))
            self._show_paths = gui.add_checkbox("each rollout", initial_value=True)
            self._show_tube = gui.add_checkbox("mean and spread (2 sigma)", initial_value=True)
        for control in (self._block, self._coloring, self._show_paths, self._show_tube):
            control.on_update(pending.asks(PATHS))

    @property
    def place(self) -> tuple[int, int]:
        """Iteration and condition that are chosen."""
        return int(self._iteration.value), self._names.index(self._condition.value)

    def follow(self) -> int:
        """Look how far the run is, and return how many iterations it has.

        Where the last one is shown, the one that has become the last is shown instead.
        """
        count, at_end = self._index.iterations(), self._iteration.value >= self._iteration.max
        if count != self._count:
            self._count = count
            self._iteration.max = max(1, count - 1)
            if at_end:
                self._iteration.value = max(0, count - 1)
        if self._index.sources() != list(self._source.options):
            self._source.options = self._index.sources()
        return count

    def draw(self, names: set[str]) -> None:
        """Draw what is pending."""
        if LIST in names:
            self._list()
        if LIST in names or ROLLOUT in names:
            self._load()
        if LIST in names or PATHS in names:
            self._draw_paths()
        if self._motion is not None:
            self.player.advance()
            step = min(self.player.step, len(self._motion.poses) - 1)
            self._scene.show_poses(self._motion.poses[step])

    def _list(self) -> None:
        """List the rollouts of what is chosen."""
        source, (iteration, condition) = self._source.value, self.place
        self._iteration.disabled = source != TRAINING
        there = list(self._store.config.conditions)
        if source != TRAINING:
            there = self._index.conditions(source, iteration) or there
        options = tuple(self._names[i] for i in there)
        if options != tuple(self._condition.options):
            self._condition.options = options
            condition = self.place[1]
        self._files = self._index.rollouts(source, iteration, condition)
        self._number.max = max(1, len(self._files) - 1)
        self._number.value = min(self._number.value, self._number.max)
        self._targets.draw(condition)

    def _load(self) -> None:
        """Read the rollout that is chosen."""
        number = int(self._number.value)
        if number >= len(self._files):
            self._motion = self._loaded = None
            self._said.show("no rollout here yet")
            return
        filed = self._files[number]
        if filed.path == self._loaded:
            return  # the list was made anew, and this is where it was
        self._loaded = filed.path
        try:
            rollout, cost = filed.rollout(), filed.cost()
        except RunError as error:
            self._motion = None
            self._said.show(str(error))
            return
        self._motion = motion_of(self._task, rollout)
        self._said.show(self._describe(filed, rollout, cost))
        self.player.load(rollout.T)
        limits = self._task.torque_limits
        lines = [
            Line(joint, rollout.applied[:, i] / limits[i])
            for i, joint in enumerate(self._task.joints)
        ]
        self._torques.draw(np.arange(rollout.T, dtype=np.float64), lines)

    def _describe(self, filed: Filed, rollout: Rollout, cost: CostReport | None) -> str:
        """Return what a rollout came to, for people."""
        said = [f"rollout {filed.name}"]
        if cost is not None:
            said.append("success" if cost.success else "no success")
            said.append(f"cost {cost.total:.4g}")
            said.append(f"{self._task.distance_label.replace(' [', f' {cost.distance:.3g} [')}")
        if not rollout.valid:
            said.append(f"not used: {rollout.reason}")
        cut = ", ".join(f"{kind} {n}" for kind, n in rollout.intervention_counts.items())
        said += [f"steps that the guard changed: {cut}"] if cut else []
        drawn = str(draw_factors(self._task.randomised, rollout.seed))
        said += [drawn] if drawn else []
        replayed = self._motion is not None and self._motion.replayed
        said.append("replayed in simulation" if replayed else "shown as it was sensed")
        return " · ".join(said)

    def _draw_paths(self) -> None:
        """Draw the paths of the chosen iteration and condition."""
        self._paths.clear()
        block = path_blocks(self._task).get(self._block.value)
        iteration, condition = self.place
        filed = self._index.sample(self._source.value, iteration, condition, MAX_PATHS)
        found = [(r, c) for r, c in readable(filed) if r.states.shape[1] == self._task.dX]
        if block is None or not found:
            return
        paths = places(block, np.array([rollout.states for rollout, _ in found]))
        if self._show_paths.value:
            if self._coloring.value == BY_COST:
                colors = colors_by_cost(np.array([cost.total for _, cost in found]))
            else:
                colors = colors_by_success([cost.success for _, cost in found])
            self._paths.draw_paths(paths, colors)
        if self._show_tube.value and len(paths) > 1:
            self._paths.draw_tube(tube(paths))
