"""Obstacles of a task: geoms of its models that points of the state are to stay away from.

A geom is taken to be where the start of a condition has it, turned as it is there. Where the state
holds the position of its body, it goes along with that: p is then the point less the body. Along an
axis that this block has not it stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from pilqr_ros.tasks.conditions import Condition
from pilqr_ros.tasks.cost import step_weights
from pilqr_ros.tasks.errors import TaskError, among
from pilqr_ros.tasks.layout import AXES, StateBlock, StateLayout
from pilqr_ros.tasks.mobility import moves_along
from pilqr_ros.tasks.model_names import Needed, require_element
from pilqr_ros.tasks.models import ROBOT_PREFIX, element_id, short_name
from pilqr_ros.tasks.placing import stand_at_start
from pilqr_ros.tasks.schema import Kind, Obstacle
from pilqr_ros.trajopt.clearance import ClearanceTerm
from pilqr_ros.trajopt.shapes import ConvexShape, Cylinder, HalfSpace, RoundedBox
from pilqr_ros.trajopt.typing import Array

_POSITIONS: tuple[Kind, ...] = ("point_position", "body_position")
"""Kinds of blocks that hold where something is."""

_Geom = mujoco.mjtGeom


def build_clearances(
    obstacles: Sequence[Obstacle],
    layout: StateLayout,
    conditions: Sequence[Condition],
    world: mujoco.MjModel,
    joints: Sequence[str],
    T: int,
) -> list[tuple[ClearanceTerm, ...]]:
    """Return the terms of a task's obstacles for each of its conditions.

    Args:
        obstacles: Those of a task file.
        layout: Layout of the state.
        conditions: The conditions.
        world: The world.
        joints: Actuated joints, in the order of the conditions' starts.
        T: Number of time steps.

    Raises:
        TaskError: A name is unknown or of the wrong kind, or a body cannot be placed.
    """
    if not obstacles:
        return [()] * len(conditions)
    data = mujoco.MjData(world)
    found = []
    for condition in conditions:
        stand_at_start(world, data, condition, joints)
        found.append(
            tuple(
                _clearance(one, layout, world, data, T, f"cost.obstacles[{i}]")
                for i, one in enumerate(obstacles)
            )
        )
    return found


def moves_unseen(obstacle: Obstacle, layout: StateLayout, world: mujoco.MjModel) -> tuple[str, ...]:
    """Return along which axes an obstacle can move while nothing in the state says where it is.

    An axis that none of its points has does not count.
    """
    body = int(world.geom_bodyid[element_id(world, mujoco.mjtObj.mjOBJ_GEOM, obstacle.geom, "")])
    if world.body_weldid[body] == 0 or world.body_mocapid[world.body_rootid[body]] >= 0:
        return ()
    followed, counted = _followed(world, body, layout), set[str]()
    counted.update(*(layout.block(name).axes for name in obstacle.of))
    if followed is None:  # where its geom lies on the body is not asked: it has a size, too
        moves, held = moves_along(world, body, extended=True), set[str]()
    else:
        moves, held = moves_along(world, followed[0]), set(followed[1].axes)
    free = {axis for axis, can_move in zip(AXES, moves, strict=True) if can_move}
    return tuple(axis for axis in AXES if axis in free & counted - held)


def _clearance(
    obstacle: Obstacle,
    layout: StateLayout,
    world: mujoco.MjModel,
    data: mujoco.MjData,
    T: int,
    key: str,
) -> ClearanceTerm:
    """Return the term of one obstacle, with everything at a condition's start."""
    geom = _geom(obstacle.geom, world, f"{key}.geom")
    to_frame = data.geom_xmat[geom].reshape(3, 3).T
    A, b = [], []
    for i, name in enumerate(obstacle.of):
        block = _positions(name, layout, f"{key}.of[{i}]")
        _refuse_itself(block, obstacle.geom, layout, world, geom, f"{key}.of[{i}]")
        from_centre, offset = _from_centre(block, geom, layout, world, data)
        A.append(to_frame @ from_centre)
        b.append(to_frame @ offset)
    return ClearanceTerm(
        name=obstacle.name,
        A=np.concatenate(A),
        b=np.concatenate(b),
        shape=_shape(obstacle.geom, world, geom, f"{key}.geom"),
        distance=obstacle.distance,
        weight=step_weights(obstacle, T, key),
    )


def _positions(name: str, layout: StateLayout, key: str) -> StateBlock:
    """Return a block that holds positions."""
    known = [block.name for block in layout.of_kind(*_POSITIONS)]
    if name not in layout.names:
        raise TaskError(key, f"{name!r} is no block of the state; {among(name, known)}")
    if name not in known:
        kinds, kind = " or ".join(_POSITIONS), layout.block(name).kind
        problem = f"{name!r} is a block of kind {kind}, must be of kind {kinds}"
        raise TaskError(key, f"{problem}; there are: {', '.join(known) or 'none'}")
    return layout.block(name)


def _geom(name: str, world: mujoco.MjModel, key: str) -> int:
    """Return the id of a geom that does not move with the arm."""
    require_element(Needed("geom", world, "the models", "an obstacle"), name, key, world)
    geom = element_id(world, mujoco.mjtObj.mjOBJ_GEOM, name, key)
    moves = world.body_weldid[world.geom_bodyid[geom]] != 0
    if moves and world.geom(geom).name.startswith(ROBOT_PREFIX):  # its body may have no name
        raise TaskError(key, f"{name!r} moves with the arm, must be of the scene")
    return geom


def _refuse_itself(
    block: StateBlock, name: str, layout: StateLayout, world: mujoco.MjModel, geom: int, key: str
) -> None:
    """Refuse to keep a body away from a geom of its own: it never comes nearer, or farther."""
    followed = _followed(world, int(world.geom_bodyid[geom]), layout)
    if (
        followed is not None
        and block.kind == "body_position"
        and block.source == followed[1].source
    ):
        problem = f"{block.name!r} is of the body that {name!r} is on, must be of another"
        raise TaskError(key, problem)


def _shape(name: str, world: mujoco.MjModel, geom: int, key: str) -> ConvexShape:
    """Return a geom as a shape that distances are known to."""
    kind, size = _Geom(world.geom_type[geom]), world.geom_size[geom]
    if kind == _Geom.mjGEOM_SPHERE:
        return RoundedBox(np.zeros(3), float(size[0]))
    if kind == _Geom.mjGEOM_CAPSULE:
        return RoundedBox(np.array([0.0, 0.0, size[1]]), float(size[0]))
    if kind == _Geom.mjGEOM_CYLINDER:
        return Cylinder(float(size[0]), float(size[1]))
    if kind == _Geom.mjGEOM_BOX:
        return RoundedBox(size.copy())
    if kind == _Geom.mjGEOM_PLANE:
        return HalfSpace()
    what = kind.name.removeprefix("mjGEOM_").lower()
    allowed = "sphere, capsule, cylinder, box or plane"
    raise TaskError(key, f"{name!r} is of type {what}, must be a {allowed}: put one around it")


def _from_centre(
    block: StateBlock, geom: int, layout: StateLayout, world: mujoco.MjModel, data: mujoco.MjData
) -> tuple[Array, Array]:
    """Return a matrix ``(3, dX)`` and what to subtract ``(3,)``: from a geom's centre to a point.

    An axis that the block has not is zero.
    """
    A, b = np.zeros((3, layout.dX)), np.zeros(3)
    followed = _followed(world, int(world.geom_bodyid[geom]), layout)
    for i, axis in enumerate(AXES):
        if axis not in block.axes:
            continue
        A[i, block.slice.start + block.axes.index(axis)] = 1.0
        b[i] = data.geom_xpos[geom][i]
        if followed is not None and axis in followed[1].axes:
            body, where = followed
            A[i, where.slice.start + where.axes.index(axis)] -= 1.0
            b[i] -= data.xpos[body][i]
    return A, b


def _followed(
    world: mujoco.MjModel, body: int, layout: StateLayout
) -> tuple[int, StateBlock] | None:
    """Return the body that one is fixed to, or itself, whose position the state holds."""
    blocks = {block.source: block for block in layout.of_kind("body_position")}
    while body > 0:
        name = short_name(world.body(body).name)
        if name in blocks:
            return body, blocks[name]
        if world.body_jntnum[body] > 0:
            return None
        body = int(world.body_parentid[body])
    return None
