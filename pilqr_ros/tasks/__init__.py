"""Tasks as data: state layout, cost, conditions, success and initial policy from one YAML file."""

from typing import TYPE_CHECKING

from pilqr_ros.public_names import listed, public_names

if TYPE_CHECKING:
    from pilqr_ros.tasks.conditions import Condition as Condition
    from pilqr_ros.tasks.errors import TaskError as TaskError
    from pilqr_ros.tasks.layout import StateBlock as StateBlock
    from pilqr_ros.tasks.layout import StateLayout as StateLayout
    from pilqr_ros.tasks.loader import load_task as load_task
    from pilqr_ros.tasks.success import Outcome as Outcome
    from pilqr_ros.tasks.task import Task as Task

MODULES = {
    "pilqr_ros.tasks.conditions": ("Condition",),
    "pilqr_ros.tasks.errors": ("TaskError",),
    "pilqr_ros.tasks.layout": ("StateBlock", "StateLayout"),
    "pilqr_ros.tasks.loader": ("load_task",),
    "pilqr_ros.tasks.success": ("Outcome",),
    "pilqr_ros.tasks.task": ("Task",),
}
"""Public names by the module that they are in."""

__getattr__ = public_names(__name__, MODULES)
__all__ = listed(MODULES)


def __dir__() -> list[str]:
    """Return what the package offers."""
    return __all__
