"""The tasks for Gymnasium: ``gymnasium.make("pilqr_ros.environments:PilqrHockey-v0")``.

Same physics, guard, cost and success as in training. Importing this package, which Gymnasium does
for what stands before the colon, registers them.
"""

from pilqr_ros.environments.registration import ENVIRONMENTS, register_environments
from pilqr_ros.environments.task_environment import TaskEnvironment

__all__ = ["ENVIRONMENTS", "TaskEnvironment", "register_environments"]

register_environments()
