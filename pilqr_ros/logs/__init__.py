"""A run's numbers in TensorBoard or Weights & Biases, while it goes on or afterwards.

Both are optional, and are imported only when they are asked for.
"""

from pilqr_ros.logs.experiment_log import KINDS, ExperimentLog, LogError, check_log, open_log
from pilqr_ros.logs.run_logger import RunLogger

__all__ = ["KINDS", "ExperimentLog", "LogError", "RunLogger", "check_log", "open_log"]
