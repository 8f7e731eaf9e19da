"""The commands that start nodes and look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import (
    Dashboard,
    Discovery,
    Namespace,
    RealTimeFactor,
    Record,
    RobotFile,
    Robots,
    RunPath,
    Runs,
    Scene,
    TaskName,
    WhichPolicy,
)
from pilqr_ros.cli.opened_run import opened
from pilqr_ros.cli.ros_needed import require_ros
from pilqr_ros.evaluation.policy_evaluation import policy_of
from pilqr_ros.runs.same_files import ON_A_ROBOT, check_files
from pilqr_ros.runs.served_condition import served_condition


def up(
    task: TaskName = "hockey",
    runs: Runs = Path("runs"),
    real_time_factor: RealTimeFactor = 0.0,
    viewer: Annotated[bool, typer.Option(help="Show the simulated world in a window.")] = False,
    dashboard: Dashboard = False,
    scene: Scene = False,
    record: Record = True,
    namespace: Namespace = "",
    log_level: Annotated[str, typer.Option(help="debug, info, warn, error or fatal.")] = "info",
    respawn: Annotated[bool, typer.Option(help="Start a node again that died.")] = True,
    hardware: Annotated[bool, typer.Option(help="For a real robot: no simulated one.")] = False,
    robot_config: RobotFile = "",
    discovery: Discovery = "auto",
    robots: Robots = "",
) -> None:
    """Start every node of a task; Ctrl-C ends them."""
    require_ros()
    from pilqr_ros.graph import GraphOptions, run_graph

    options = GraphOptions(
        task=task,
        runs_directory=str(runs.resolve()),
        real_time_factor=real_time_factor,
        viewer=viewer,
        dashboard=dashboard,
        scene=scene,
        record=record,
        namespace=namespace,
        log_level=log_level,
        respawn=respawn,
        hardware=hardware,
        robot_config=robot_config,
        discovery=discovery,
        robots=robots,
    )
    raise typer.Exit(run_graph(options))


def robot(
    task: TaskName,
    robot_config: RobotFile,
    viewer: Annotated[bool, typer.Option(help="Show the simulated world in a window.")] = False,
    namespace: Namespace = "",
    discovery: Discovery = "auto",
) -> None:
    """Play a robot in simulation, in real time and under its own names, to try `up --hardware`."""
    require_ros()
    from pilqr_ros.graph import SIMULATED_ROBOT, GraphOptions, run_graph

    options = GraphOptions(
        task=task,
        real_time_factor=1.0,
        viewer=viewer,
        namespace=namespace,
        robot_config=robot_config,
        discovery=discovery,
    )
    raise typer.Exit(run_graph(options, SIMULATED_ROBOT))


def sros2_policy(namespace: Namespace = "") -> None:
    """Print the SROS2 policy of the nodes: `ros2 security create_permission` takes it as a file."""
    from pilqr_ros.graph.sros2_policy import policy_in

    print(policy_in(namespace), end="")


def doctor(
    task: TaskName = "hockey",
    robot_config: RobotFile = "",
    seconds: Annotated[
        float, typer.Option(min=1.0, max=600.0, help="How long is listened, in s.")
    ] = 3.0,
    namespace: Namespace = "",
    discovery: Discovery = "auto",
    deployed: Annotated[
        bool, typer.Option("--deployed", help="The graph of `pilqr deploy`, without a learner.")
    ] = False,
    one_robot: Annotated[
        bool, typer.Option("--one-robot", help="One of several robots, in its own namespace.")
    ] = False,
) -> None:
    """Check a running graph before the first torque; exit code 1 if something must be mended."""
    require_ros()
    from pilqr_ros.doctor.examination import is_fit
    from pilqr_ros.doctor.visit import visit
    from pilqr_ros.graph.discovery import limit_discovery

    limit_discovery(discovery)
    with show.console.status("looking at the graph"):
        findings = visit(
            task, robot_config, namespace, seconds, deployed=deployed, shared=not one_robot
        )
    show.show_findings(findings)
    raise typer.Exit(0 if is_fit(findings) else 1)


def deploy(
    run: RunPath,
    policy: WhichPolicy = "best",
    condition: Annotated[
        str | None, typer.Option(help="Name of the condition; else the first trained one.")
    ] = None,
    times: Annotated[
        int, typer.Option(min=0, help="Execute it so often and end; 0: on each request.")
    ] = 0,
    real_time_factor: RealTimeFactor = 0.0,
    namespace: Namespace = "",
    hardware: Annotated[
        bool, typer.Option("--hardware", help="On a real robot: the guard starts disabled.")
    ] = False,
    robot_config: RobotFile = "",
    scene: Scene = False,
    discovery: Discovery = "auto",
) -> None:
    """Serve a trained policy through the executor, without a learner; Ctrl-C ends it.

    On a real robot not if task file or models of the run were edited since.
    """
    require_ros()
    from pilqr_ros.clients.short_deployment import execute
    from pilqr_ros.graph import DEPLOYED, DeploymentOptions, run_graph

    store = opened(run)
    for warning in check_files(store, ON_A_ROBOT) if hardware else ():
        show.warn(warning)
    policy_of(store, policy, -1, served_condition(store.config, store.task, condition))
    options = DeploymentOptions(
        run=str(run.resolve()),
        policy=policy,
        condition="" if condition is None else condition,
        real_time_factor=real_time_factor,
        namespace=namespace,
        hardware=hardware,
        robot_config=robot_config,
        scene=scene,
        discovery=discovery,
    )
    if times > 0:
        execute(options, times, lambda result: show.console.print(result.message, soft_wrap=True))
        return
    where = f" --namespace {namespace}" if namespace else ""
    if hardware:
        show.console.print(f"`pilqr guard enable{where}` lets torques pass", soft_wrap=True)
    show.console.print(f"`pilqr execute{where}` executes it once", soft_wrap=True)
    raise typer.Exit(run_graph(options, DEPLOYED))
