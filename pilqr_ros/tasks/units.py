"""Units of joints, states and distances in words: a slide is measured in m, a hinge in rad."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from pilqr_ros.tasks.layout import StateBlock, StateLayout

_EFFORT = {"rad": "N m", "m": "N"}


class JointUnits(NamedTuple):
    """Units of joints' positions and velocities, and of what moves them, each ``(n,)``."""

    position: tuple[str, ...]
    velocity: tuple[str, ...]
    effort: tuple[str, ...]


def joint_units(joints: Sequence[str], slides: Collection[str]) -> JointUnits:
    """Return the units of joints of which some slide and the others turn."""
    position = tuple("m" if joint in slides else "rad" for joint in joints)
    velocity = tuple(f"{unit}/s" for unit in position)
    return JointUnits(position, velocity, tuple(_EFFORT[unit] for unit in position))


def state_units(layout: StateLayout, slides: Collection[str]) -> tuple[str, ...]:
    """Return the unit of each entry of a state, ``(dX,)``."""
    return tuple(unit for block in layout.blocks for unit in _block_units(block, slides))


def in_words(units: Iterable[str]) -> str:
    """Return units of several entries as one: each once."""
    return " and ".join(dict.fromkeys(units))


def _block_units(block: StateBlock, slides: Collection[str]) -> tuple[str, ...]:
    if block.axis is not None:  # a vector of length 1
        return ("1/s" if block.kind.endswith("_velocity") else "1",) * block.size
    if block.kind == "sensor":
        return (block.unit,) * block.size
    of_joints = block.kind.startswith("joint_")
    units = joint_units(block.axes, slides if of_joints else block.axes)  # points move in m
    is_velocity = block.kind.endswith(("_velocity", "_velocities"))
    return units.velocity if is_velocity else units.position
