"""The schema of a task file: what its keys are and which values they take. SI units, radians."""

from pilqr_ros.tasks.schema.conditions import AtSite, Behind, Drawn, Reset, Shift, Start
from pilqr_ros.tasks.schema.cost import Cost, Obstacle, Term, Weighted
from pilqr_ros.tasks.schema.fields import (
    MAX_ITERATIONS,
    MAX_ROLLOUTS,
    MAX_STEPS,
    MIN_ROLLOUTS,
    NAME_FORM,
    Axis,
    Names,
    NonNegative,
    Positive,
    Section,
    Vector3,
)
from pilqr_ros.tasks.schema.learning import GlobalPolicy, InitialPolicy, Learning, Mdgps, PolicyTest
from pilqr_ros.tasks.schema.randomised import Randomised, Range
from pilqr_ros.tasks.schema.robot import ActuatedJoint, Control, Guard, Models, Placement
from pilqr_ros.tasks.schema.state import Block, Expression, Kind
from pilqr_ros.tasks.schema.success import (
    BOUNDS,
    Bound,
    Criterion,
    CriterionBound,
    Measure,
    Success,
)
from pilqr_ros.tasks.schema.task_file import TaskFile

__all__ = [
    "BOUNDS",
    "MAX_ITERATIONS",
    "MAX_ROLLOUTS",
    "MAX_STEPS",
    "MIN_ROLLOUTS",
    "NAME_FORM",
    "ActuatedJoint",
    "AtSite",
    "Axis",
    "Behind",
    "Block",
    "Bound",
    "Control",
    "Cost",
    "Criterion",
    "CriterionBound",
    "Drawn",
    "Expression",
    "GlobalPolicy",
    "Guard",
    "InitialPolicy",
    "Kind",
    "Learning",
    "Mdgps",
    "Measure",
    "Models",
    "Names",
    "NonNegative",
    "Obstacle",
    "Placement",
    "PolicyTest",
    "Positive",
    "Randomised",
    "Range",
    "Reset",
    "Section",
    "Shift",
    "Start",
    "Success",
    "TaskFile",
    "Term",
    "Vector3",
    "Weighted",
]
