"""The tasks as Gymnasium environments: ``gymnasium.make("PilqrHockey-v0")``.

Same physics, guard, cost and success as in training. Gymnasium finds them by itself (its plugin
mechanism); importing this package registers them, too.
"""

from pilqr_ros.environments.registration import ENVIRONMENTS, register_environments
from pilqr_ros.environments.task_environment import TaskEnvironment

__all__ = ["ENVIRONMENTS", "TaskEnvironment", "register_environments"]

register_environments()
