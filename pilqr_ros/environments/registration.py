"""Names under which Gymnasium makes the package's own tasks."""

from __future__ import annotations

import gymnasium

ENVIRONMENTS = {
    "PilqrDoor-v0": "door",
    "PilqrHockey-v0": "hockey",
    "PilqrHockeyLightarm-v0": "hockey_lightarm",
    "PilqrPlug-v0": "plug",
    "PilqrPusher-v0": "pusher",
    "PilqrReacher-v0": "reacher",
}
"""Name of each environment with its task's; any other task file: `TaskEnvironment` itself."""


def register_environments() -> None:
    """Register the environments; what is registered already stays."""
    for name, task in ENVIRONMENTS.items():
        if name not in gymnasium.registry:
            entry = "pilqr_ros.environments.task_environment:TaskEnvironment"
            gymnasium.register(name, entry_point=entry, kwargs={"task": task})
