"""The command `pilqr`: start the nodes, train, evaluate, plot, and list runs.

ROS is imported only by the commands that use it, so that a run can be looked at, and a task be
trained in one process, on a machine that has none.
"""

from pilqr_ros.cli.command import app, main

__all__ = ["app", "main"]
