"""What the nodes are held to beside their options: the content of files that these name.

A node may be started again, and reads its files again. An edit meanwhile would give it other limits
or another policy than the rest of the graph was started with, and than somebody has looked at. So
each node is told the digest of what it is to find, and refuses anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pilqr_ros.graph.graph_options import DeploymentOptions, GraphOptions
from pilqr_ros.runs.policy_digest import policy_digest
from pilqr_ros.runs.policy_kind import means_global
from pilqr_ros.runs.run_folder import open_folder
from pilqr_ros.runs.served_condition import check_trained, served_condition
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.digest import digest

Pins = Mapping[str, Mapping[str, str]]
"""Parameters that come with an option, by the option's name: a node that takes the one is told the
others."""


def pins_of(chosen: GraphOptions, task: Task) -> Pins:
    """Return what holds nodes to the files that the options name.

    Args:
        chosen: The options.
        task: Their task.

    Raises:
        RunError: A policy is to be served that cannot be read, or that the run does not have.
        TaskError: It is of a condition that the task does not have, or of several.
    """
    found = {"task": {"task_digest": digest(task)}}
    if isinstance(chosen, DeploymentOptions) and chosen.run:
        run = open_folder(Path(chosen.run))
        condition = served_condition(run.config, task, chosen.condition or None)
        if not means_global(chosen.policy, guided=run.config.guided):
            check_trained(run.config, task, condition)
        found["run"] = {"policy_digest": policy_digest(run, chosen.policy, condition)}
    return found
