"""Paths of rollouts, their mean and spread, targets and regions of success as markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from visualization_msgs.msg import Marker, MarkerArray

from pilqr_ros.nodes.scene.shapes import (
    clear,
    color,
    marker,
    numbered,
    point,
    primitive,
    text,
)
from pilqr_ros.nodes.scene.shown_rollouts import ShownRollout
from pilqr_ros.page.drawings import (
    MEAN_COLOR,
    REGION_OPACITY,
    TARGET_COLOR,
    TARGET_RADIUS,
    TUBE_OPACITY,
    success_regions,
    target_places,
)
from pilqr_ros.page.paths import (
    Tube,
    colors_by_success,
    path_blocks,
    places,
    segment_colors,
    segments,
    tube,
)
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.frame_pose import FramePose
from pilqr_ros.tasks.layout import StateBlock
from pilqr_ros.tasks.visible_geoms import Primitive
from pilqr_ros.trajopt.typing import Array

LINE, MEAN_LINE = 0.0015, 0.004
"""Widths of a rollout's path and of the mean, as shares of the world's extent."""

TEXT_HEIGHT = 0.02
"""Height of words, as a share of the world's extent."""

MIN_DIAMETER = 2e-4
"""Ellipsoids are no flatter than this [m]: RViz draws none without a thickness."""

MAX_LINE = 0.01
MAX_TEXT = 0.06
"""Widths and heights beyond which nothing is drawn, however large the world [m]."""


class SceneMarkers:
    """Draws the rollouts and targets of a task's conditions."""

    def __init__(self, task: Task, base: str) -> None:
        """Draw in the frame of the robot's base."""
        self._task, self._base = task, base
        self._extent = float(task.world_model.stat.extent)

    def paths(self, rollouts: Mapping[int, Sequence[ShownRollout]]) -> MarkerArray:
        """Return the paths of each condition's rollouts, by condition.

        The markers' namespaces are the condition, the block of the state, and what it is.
        """
        made = [clear()]
        for condition, shown in sorted(rollouts.items()):
            states = np.array([rollout.states for rollout in shown])
            colors = colors_by_success([rollout.success for rollout in shown])
            for block in path_blocks(self._task).values():
                name = f"{self._task.conditions[condition].name}/{block.name}"
                made += self._block(name, block, states, colors)
        return MarkerArray(markers=numbered(made))

    def targets(self, conditions: Sequence[int]) -> MarkerArray:
        """Return targets and regions of success of some conditions."""
        made = [clear()]
        for condition in sorted(conditions):
            made += self._targets(condition)
        return MarkerArray(markers=numbered(made))

    def _block(self, name: str, block: StateBlock, states: Array, colors: Array) -> list[Marker]:
        """Return what is drawn of one place in the state."""
        paths = places(block, states)
        made = [self._rollouts(f"{name}/rollouts", paths, colors)]
        if len(paths) > 1:
            made += self._tube(name, tube(paths))
        return made

    def _rollouts(self, namespace: str, paths: Array, colors: Array) -> Marker:
        """Return the paths ``(N, T, 3)`` in colours ``(N, 3)``."""
        made = marker(self._base, namespace, Marker.LINE_LIST)
        made.scale.x = min(LINE * self._extent, MAX_LINE)
        made.points = [point(end) for piece in segments(paths) for end in piece]
        known: dict[tuple[float, ...], Any] = {}
        of_ends = segment_colors(colors, paths).reshape(-1, 3)
        made.colors = [known.setdefault(tuple(one), color(one)) for one in of_ends]
        return made

    def _tube(self, name: str, of: Tube) -> list[Marker]:
        """Return a mean path and ellipsoids along it."""
        mean = marker(self._base, f"{name}/mean", Marker.LINE_STRIP)
        mean.scale.x, mean.color = min(MEAN_LINE * self._extent, MAX_LINE), color(MEAN_COLOR)
        mean.points = [point(place) for place in of.mean]
        diameters = np.maximum(2.0 * of.axes, MIN_DIAMETER)
        faint = color(MEAN_COLOR, TUBE_OPACITY)
        balls = [
            primitive(
                self._base,
                f"{name}/spread",
                Primitive("sphere", size, FramePose(at, turned)),
                faint,
            )
            for size, at, turned in zip(diameters, of.centres, of.wxyz, strict=True)
        ]
        return [mean, *balls]

    def _targets(self, condition: int) -> list[Marker]:
        """Return a condition's targets, their names and where success is."""
        task, base, made = self._task, self._base, []
        targets, name = task.conditions[condition].targets, task.conditions[condition].name
        size = np.repeat(2.0 * TARGET_RADIUS * self._extent, 3)
        for target, place in target_places(task, targets).items():
            ball = Primitive("sphere", size, FramePose(place))
            made.append(primitive(base, f"{name}/targets", ball, color(TARGET_COLOR)))
            height = min(TEXT_HEIGHT * self._extent, MAX_TEXT)
            made.append(text(base, f"{name}/names", target, place + [0.0, 0.0, height], height))
        for region in success_regions(task, targets):
            size, pose = 2.0 * region.half, FramePose(region.centre)
            shape = Primitive("sphere" if region.is_ball else "box", size, pose)
            faint = color(TARGET_COLOR, REGION_OPACITY)
            made.append(primitive(base, f"{name}/success", shape, faint))
        return made
