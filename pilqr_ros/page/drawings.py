"""What is drawn into a page's scene beside the model: paths, their spread, targets and success."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pilqr_ros.page.paths import Tube, places, segment_colors, segments
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.layout import StateBlock
from pilqr_ros.tasks.schema import Criterion
from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    import viser

MEAN_COLOR = (0, 114, 178)
TARGET_COLOR = (204, 121, 167)
TUBE_OPACITY = 0.18
REGION_OPACITY = 0.15
THIN, THICK = 2.0, 5.0
"""Thickness of a rollout's path, and of the mean's [pixels]."""

MIN_AXIS = 1e-4
"""Ellipsoids are no flatter than this [m], so that their faces do not coincide."""

TARGET_RADIUS = 0.006
"""Radius of a target's marker, as a share of the model's extent."""


class PathDrawing:
    """Paths of rollouts, their mean and their spread; drawn anew each time."""

    def __init__(self, server: viser.ViserServer) -> None:
        """Draw nothing yet."""
        self._server = server
        self._drawn: list[Any] = []

    def clear(self) -> None:
        """Take everything away."""
        for handle in self._drawn:
            handle.remove()
        self._drawn = []

    def draw_paths(self, paths: Array, colors: Array) -> None:
        """Draw paths ``(N, T, 3)`` [m] in colours ``(N, 3)``."""
        self._lines("/paths/rollouts", paths, colors, THIN)

    def draw_tube(self, tube: Tube) -> None:
        """Draw a mean path and ellipsoids about it."""
        self._lines("/paths/mean", tube.mean[None], np.array([MEAN_COLOR]), THICK)
        from trimesh import creation  # viser brings it

        ball = creation.icosphere(subdivisions=2)
        spread = self._server.scene.add_batched_meshes_simple(
            "/paths/spread",
            ball.vertices,
            ball.faces,
            batched_wxyzs=tube.wxyz,
            batched_positions=tube.centres,
            batched_scales=np.maximum(tube.axes, MIN_AXIS),
            batched_colors=MEAN_COLOR,
            opacity=TUBE_OPACITY,
            cast_shadow=False,
        )
        self._drawn.append(spread)

    def _lines(self, name: str, paths: Array, colors: Array, thickness: float) -> None:
        if len(paths) == 0 or paths.shape[1] < 2:
            return
        handle = self._server.scene.add_line_segments(
            name,
            segments(paths),
            segment_colors(_linear(colors), paths).astype(np.uint8),
            thickness=thickness,
            thickness_units="screen",
        )
        self._drawn.append(handle)


class TargetDrawing:
    """The places that a condition's targets name, and where success is."""

    def __init__(self, server: viser.ViserServer, task: Task) -> None:
        """Draw nothing yet."""
        self._server, self._task = server, task
        self._drawn: list[Any] = []

    def draw(self, condition: int) -> None:
        """Draw the targets of a condition in place of those that were there."""
        for handle in self._drawn:
            handle.remove()
        targets = self._task.conditions[condition].targets
        self._drawn = []
        radius = TARGET_RADIUS * self._task.world_model.stat.extent
        for name, place in target_places(self._task, targets).items():
            marker = self._server.scene.add_icosphere(
                f"/targets/{name}", radius=radius, color=TARGET_COLOR, position=place
            )
            label = self._server.scene.add_label(
                f"/targets/{name}/name", name, font_screen_scale=0.8, anchor="bottom-left"
            )
            self._drawn += [label, marker]
        for i, region in enumerate(success_regions(self._task, targets)):
            self._drawn.append(self._draw_region(f"/targets/success/{i}", region))

    def _draw_region(self, name: str, region: Region) -> Any:  # noqa: ANN401
        """Draw where success is: a ball where all half axes come from one radius, else a box."""
        look: dict[str, Any] = {"opacity": REGION_OPACITY, "cast_shadow": False}
        look |= {"color": TARGET_COLOR, "position": region.centre}
        scene = self._server.scene
        if region.is_ball:
            return scene.add_icosphere(name, radius=float(region.half.max()), **look)
        return scene.add_box(name, dimensions=tuple(2.0 * region.half), **look)


class Region(NamedTuple):
    """Where success is: centre and half axes [m], each ``(3,)``, and whether it is a ball."""

    centre: Array
    half: Array
    is_ball: bool


def _compared(task: Task) -> dict[str, StateBlock]:
    """Return the place in the state that each target is compared with by success, by name."""
    blocks = {b.name: b for b in task.layout.of_kind("point_position", "body_position")}
    return {
        target: blocks[of]
        for criterion in task.criteria.values()
        for of, target in zip(criterion.of, criterion.minus or (), strict=False)
        if of in blocks
    }


def target_places(task: Task, targets: Mapping[str, Array]) -> dict[str, Array]:
    """Return the targets that are places [m], by name, ``(3,)``."""
    compared, found = _compared(task), {}
    for name, target in targets.items():
        if name in compared:
            found[name] = _place(compared[name], target)
        elif target.shape == (3,) and task.target_unit(name, 0) == "m":
            found[name] = target
    return found


def success_regions(task: Task, targets: Mapping[str, Array]) -> list[Region]:
    """Return where each criterion of success is met that is about a place.

    Along axes that do not count it is as thin as can be.
    """
    regions = (_region(task, criterion, targets) for criterion in task.criteria.values())
    return [region for region in regions if region is not None]


def _region(task: Task, criterion: Criterion, targets: Mapping[str, Array]) -> Region | None:
    """Return where a criterion is met; None if that is no place."""
    blocks = {b.name: b for b in task.layout.of_kind("point_position", "body_position")}
    if criterion.within is None or len(criterion.of) != 1 or not criterion.minus:
        return None
    of, name = criterion.of[0], criterion.minus[0]
    if of not in blocks or name not in targets:
        return None
    axes: Sequence[str] = blocks[of].axes if criterion.axes is None else criterion.axes
    half = np.full(3, MIN_AXIS)
    half[["xyz".index(axis) for axis in axes]] = criterion.within
    return Region(_place(blocks[of], targets[name]), half, isinstance(criterion.within, float))


def _place(block: StateBlock, target: Array) -> Array:
    """Return a target of a block's entries as a place; 0 along axes that the block lacks."""
    state = np.zeros(block.slice.stop)
    state[block.slice] = target
    return places(block, state)


def _linear(colors: Array) -> Array:
    """Return colours as viser's lines take them: it does not decode sRGB there."""
    share = np.asarray(colors, dtype=np.float64) / 255.0
    return (255.0 * ((share + 0.055) / 1.055) ** 2.4).round()
