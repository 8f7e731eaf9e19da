"""The state vector as an ordered list of named blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from pilqr_ros.tasks.errors import TaskError, refuse_repeated
from pilqr_ros.tasks.schema import Axis, Block, Kind
from pilqr_ros.trajopt.typing import Array

AXES = ("x", "y", "z")


class SensorNumbers(NamedTuple):
    """Names and unit of what a sensor tells."""

    axes: tuple[str, ...]
    unit: str


@dataclass(frozen=True)
class StateBlock:
    """A named part of the state.

    Attributes:
        name: Name of the block.
        kind: What the block holds.
        source: Point, tracked body or sensor that it is of; empty for joints.
        axes: Name of each entry: joints, some of x, y, z, or the numbers of a sensor.
        slice: Where the block lies in the state.
        axis: Which axis of its source's frame it holds, if it holds one.
        unit: Of a sensor's numbers; of other kinds it follows from the kind.
    """

    name: str
    kind: Kind
    source: str
    axes: tuple[str, ...]
    slice: slice
    axis: Axis | None = None
    unit: str = ""

    @property
    def size(self) -> int:
        """Number of entries."""
        return len(self.axes)


@dataclass(frozen=True)
class StateLayout:
    """Ordered blocks that make up the state."""

    blocks: tuple[StateBlock, ...]

    @classmethod
    def from_blocks(
        cls,
        blocks: Sequence[Block],
        actuated: Sequence[str],
        sensors: Mapping[str, SensorNumbers] = MappingProxyType({}),
    ) -> StateLayout:
        """Lay the blocks of a task file out, one after the other.

        Args:
            blocks: Blocks in their order.
            actuated: Names of the actuated joints, the default of joint blocks.
            sensors: The numbers of each sensor.

        Raises:
            TaskError: Two blocks have the same name.
        """
        refuse_repeated((block.name for block in blocks), "state[{}].name")
        laid: list[StateBlock] = []
        start = 0
        for block in blocks:
            sensor = sensors[str(block.of)] if block.kind == "sensor" else None
            axes = _axes(block, actuated) if sensor is None else sensor.axes
            stop = start + len(axes)
            where = slice(start, stop)
            unit = "" if sensor is None else sensor.unit
            laid.append(
                StateBlock(block.name, block.kind, block.of or "", axes, where, block.axis, unit)
            )
            start = stop
        return cls(tuple(laid))

    @property
    def dX(self) -> int:
        """Dimension of the state."""
        return self.blocks[-1].slice.stop

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Name of each entry of the state, such as ``puck.x``."""
        return tuple(f"{block.name}.{axis}" for block in self.blocks for axis in block.axes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the blocks."""
        return tuple(block.name for block in self.blocks)

    def __getitem__(self, name: str) -> slice:
        """Return where the block of this name lies in the state."""
        return self.block(name).slice

    def block(self, name: str) -> StateBlock:
        """Return the block of this name."""
        for block in self.blocks:
            if block.name == name:
                return block
        raise TaskError("state", f"has no block {name!r}; blocks: {', '.join(self.names)}")

    def of_kind(self, *kinds: Kind) -> tuple[StateBlock, ...]:
        """Return the blocks of some kinds, in their order."""
        return tuple(block for block in self.blocks if block.kind in kinds)

    def sources(self, *kinds: Kind) -> tuple[str, ...]:
        """Return the points or bodies of blocks of some kinds, each once, in their order."""
        return tuple(dict.fromkeys(block.source for block in self.of_kind(*kinds)))

    def joint_entries(self, kind: Kind, joints: Sequence[str], *, key: str, user: str) -> list[int]:
        """Return where joints' positions or velocities are in the state.

        Args:
            kind: Which of the two.
            joints: Names of the joints.
            key: Path of the key that asks for them, for the error.
            user: Who needs them, for the error.

        Raises:
            TaskError: The state lacks some.
        """
        found: dict[str, int] = {}
        for block in self.of_kind(kind):
            for i, joint in enumerate(block.axes):
                found.setdefault(joint, block.slice.start + i)
        missing = [joint for joint in joints if joint not in found]
        if missing:
            raise TaskError(key, f"{user} needs {kind} of {', '.join(missing)} in the state")
        return [found[joint] for joint in joints]

    def selector(self, block: StateBlock, indices: Sequence[int]) -> Array:
        """Return the matrix that picks entries of a block from the state, ``(n, dX)``."""
        matrix = np.zeros((len(indices), self.dX))
        matrix[np.arange(len(indices)), block.slice.start + np.asarray(indices, dtype=int)] = 1.0
        return matrix


def _axes(block: Block, actuated: Sequence[str]) -> tuple[str, ...]:
    """Return the name of each entry of a block."""
    if block.kind.startswith("joint_"):
        return tuple(actuated) if block.joints is None else block.joints
    return AXES if block.axes is None else block.axes
