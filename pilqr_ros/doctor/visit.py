"""One visit of the doctor: look at a graph and judge it."""

from __future__ import annotations

from dataclasses import replace

from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.doctor.examination import examine
from pilqr_ros.doctor.expectation import expect
from pilqr_ros.doctor.findings import Finding
from pilqr_ros.doctor.known_tasks import identities
from pilqr_ros.doctor.observer import Observer
from pilqr_ros.robot.robot_config import load_robot_config
from pilqr_ros.runs.executed_task import load_executed_task


def visit(
    task_name: str,
    robot: str,
    namespace: str,
    seconds: float,
    *,
    deployed: bool = False,
    shared: bool = True,
) -> list[Finding]:
    """Look at the graph in a namespace for some seconds and return the findings.

    Args:
        task_name: Name of the task, or path of its file.
        robot: Name or path of the robot's file; empty for the usual names.
        namespace: Namespace of the nodes.
        seconds: How long is listened [s].
        deployed: Whether the graph serves a policy, without a learner.
        shared: Whether what several robots share is there, too; not in the namespace of one.
    """
    task = load_executed_task(task_name)
    config = load_robot_config(robot, task) if robot else None
    expected = expect(task, config, namespace, deployed=deployed, shared=shared)
    with ClientNode("pilqr_doctor", namespace) as client:
        seen = Observer(client.node, expected).observe(seconds)
    told = (values["task"] for values in seen.parameters.values() if "task" in values)
    return examine(replace(seen, tasks=identities(told)), expected)
