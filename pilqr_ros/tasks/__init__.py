"""Tasks as data: state layout, cost, conditions, success and initial policy from one YAML file."""

from pilqr_ros.tasks.conditions import Condition
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.layout import StateBlock, StateLayout
from pilqr_ros.tasks.loader import load_task
from pilqr_ros.tasks.success import Outcome
from pilqr_ros.tasks.task import Task

__all__ = ["Condition", "Outcome", "StateBlock", "StateLayout", "Task", "TaskError", "load_task"]
