"""Training a task's policies from rollouts, in simulation or by a collector of one's own.

In a program::

    from pilqr_ros.learning import InProcessCollector, RunConfig, TaskCostEvaluator, Trainer
    from pilqr_ros.learning import create_run
    from pilqr_ros.tasks import load_task

    task = load_task("hockey")
    config = RunConfig("hockey", "pilqr", 25, 10, seed=0, conditions=(0,))
    run = create_run(Path("runs"), task, config)
    Trainer(run, InProcessCollector(task), TaskCostEvaluator(task)).run()
"""

from typing import TYPE_CHECKING

from pilqr_ros.public_names import listed, public_names

if TYPE_CHECKING:
    from pilqr_ros.learning.collector import Collector as Collector
    from pilqr_ros.learning.collector import InProcessCollector as InProcessCollector
    from pilqr_ros.learning.training import Trainer as Trainer
    from pilqr_ros.robot.execution.rollout import Rollout as Rollout
    from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator as TaskCostEvaluator
    from pilqr_ros.runs.origin import Origin as Origin
    from pilqr_ros.runs.run_config import RunConfig as RunConfig
    from pilqr_ros.runs.run_store import create_run as create_run
    from pilqr_ros.runs.run_store import open_run as open_run
    from pilqr_ros.runs.transfer import begin_run as begin_run

MODULES = {
    "pilqr_ros.learning.collector": ("Collector", "InProcessCollector"),
    "pilqr_ros.learning.training": ("Trainer",),
    "pilqr_ros.robot.execution.rollout": ("Rollout",),
    "pilqr_ros.robot.execution.rollout_cost": ("TaskCostEvaluator",),
    "pilqr_ros.runs.origin": ("Origin",),
    "pilqr_ros.runs.run_config": ("RunConfig",),
    "pilqr_ros.runs.run_store": ("create_run", "open_run"),
    "pilqr_ros.runs.transfer": ("begin_run",),
}
"""Public names by the module that they are in."""

__getattr__ = public_names(__name__, MODULES)
__all__ = listed(MODULES)


def __dir__() -> list[str]:
    """Return what the package offers."""
    return __all__
