"""The paper's mathematics: policies, dynamics, cost, LQR-FLM, PI2 and PILQR.

Numpy and scipy are all it needs. An update is a function of arrays::

    from pilqr_ros.trajopt import Batch, Problem, update
    result = update("pilqr", Problem(policy, [Batch(states, actions, noise, costs)], cost))

``examples/point_mass.py`` is a whole training in a page.
"""

from typing import TYPE_CHECKING

from pilqr_ros.public_names import listed, public_names

if TYPE_CHECKING:
    from pilqr_ros.trajopt.batch import Batch as Batch
    from pilqr_ros.trajopt.clearance import ClearanceTerm as ClearanceTerm
    from pilqr_ros.trajopt.cost import LossTerm as LossTerm
    from pilqr_ros.trajopt.cost import TrajectoryCost as TrajectoryCost
    from pilqr_ros.trajopt.noise import draw_noise as draw_noise
    from pilqr_ros.trajopt.policy_update import METHODS as METHODS
    from pilqr_ros.trajopt.policy_update import update as update
    from pilqr_ros.trajopt.problem import Iteration as Iteration
    from pilqr_ros.trajopt.problem import Problem as Problem
    from pilqr_ros.trajopt.record import StepStatus as StepStatus
    from pilqr_ros.trajopt.record import UpdateRecord as UpdateRecord
    from pilqr_ros.trajopt.record import UpdateResult as UpdateResult
    from pilqr_ros.trajopt.sample_history import SampleRecord as SampleRecord
    from pilqr_ros.trajopt.settings import Settings as Settings
    from pilqr_ros.trajopt.shapes import Cylinder as Cylinder
    from pilqr_ros.trajopt.shapes import HalfSpace as HalfSpace
    from pilqr_ros.trajopt.shapes import RoundedBox as RoundedBox
    from pilqr_ros.trajopt.tvlg import TVLGPolicy as TVLGPolicy

MODULES = {
    "pilqr_ros.trajopt.batch": ("Batch",),
    "pilqr_ros.trajopt.clearance": ("ClearanceTerm",),
    "pilqr_ros.trajopt.cost": ("LossTerm", "TrajectoryCost"),
    "pilqr_ros.trajopt.noise": ("draw_noise",),
    "pilqr_ros.trajopt.policy_update": ("METHODS", "update"),
    "pilqr_ros.trajopt.problem": ("Iteration", "Problem"),
    "pilqr_ros.trajopt.record": ("StepStatus", "UpdateRecord", "UpdateResult"),
    "pilqr_ros.trajopt.sample_history": ("SampleRecord",),
    "pilqr_ros.trajopt.settings": ("Settings",),
    "pilqr_ros.trajopt.shapes": ("Cylinder", "HalfSpace", "RoundedBox"),
    "pilqr_ros.trajopt.tvlg": ("TVLGPolicy",),
}
"""Public names by the module that they are in."""

__getattr__ = public_names(__name__, MODULES)
__all__ = listed(MODULES)


def __dir__() -> list[str]:
    """Return what the package offers."""
    return __all__
