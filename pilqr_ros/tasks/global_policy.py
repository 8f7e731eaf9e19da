"""What the global policy of a task observes, and the settings of its training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilqr_ros.guided.neural_policy import Observation
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.tasks.errors import TaskError, refuse_repeated
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.schema import Mdgps
from pilqr_ros.tasks.settings import validated_settings
from pilqr_ros.trajopt.typing import Array, Indices


@dataclass(frozen=True)
class GlobalPlan:
    """What the global policy observes, and the settings of its training.

    Attributes:
        entries: Observed entries of the state.
        targets: Names of the condition's observed targets.
        timed: Whether the time is observed.
        labels: Name of each entry of the observation.
        settings: Options of guided policy search.
    """

    entries: Indices
    targets: tuple[str, ...]
    timed: bool
    labels: tuple[str, ...]
    settings: GuidedSettings

    def observation(self, layout: StateLayout, T: int, targets: dict[str, Array]) -> Observation:
        """Return what is observed in a condition with these targets."""
        constants = [np.zeros(0), *(targets[name] for name in self.targets)]
        return Observation(layout.dX, T, self.entries, np.concatenate(constants), self.timed)


def build_global_plan(
    section: Mdgps, layout: StateLayout, conditions: dict[str, dict[str, Array]]
) -> GlobalPlan:
    """Look up what is observed.

    Args:
        section: The task file's section `mdgps`.
        layout: Layout of the state.
        conditions: Targets of each condition, by its name.

    Raises:
        TaskError: There is no such block or target, one of several sizes, or a wrong setting.
    """
    refuse_repeated(section.policy.state, "mdgps.policy.state[{}]")
    refuse_repeated(section.policy.targets, "mdgps.policy.targets[{}]")
    blocks = [layout.block(name) for name in section.policy.state]
    labels = [f"{block.name}.{axis}" for block in blocks for axis in block.axes]
    for target in section.policy.targets:
        labels += [f"{target}.{i}" for i in range(_size(target, conditions))]
    return GlobalPlan(
        entries=np.concatenate([np.arange(layout.dX)[block.slice] for block in blocks]),
        targets=section.policy.targets,
        timed=section.policy.timed,
        labels=(*labels, *(("time",) if section.policy.timed else ())),
        settings=validated_settings(GuidedSettings, section.settings, "mdgps.settings"),
    )


def _size(target: str, conditions: dict[str, dict[str, Array]]) -> int:
    """Return the one size that a target has in all conditions."""
    for name, targets in conditions.items():
        if target not in targets:
            raise TaskError("mdgps.policy.targets", f"condition {name} has no target {target!r}")
    sizes = {targets[target].size for targets in conditions.values()}
    if len(sizes) > 1:
        raise TaskError("mdgps.policy.targets", f"{target!r} has sizes {sorted(sizes)}")
    return sizes.pop()
