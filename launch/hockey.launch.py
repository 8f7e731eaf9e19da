"""Starts the graph that learns a task; with `--show-args`, `ros2 launch` lists the options.

Nodes and options are those of `pilqr up`, from the one list in `pilqr_ros.graph`. With `run:=RUN`
they are those of `pilqr deploy`: the run's policy is served, and nothing learns.
"""

import os
import sys
from dataclasses import Field

from launch import Action, LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from pilqr_ros import graph
from pilqr_ros.graph.discovery import VARIABLE, discovery_range
from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.respawning import CANNOT_START, DELAY
from pilqr_ros.lifetime import FOLLOW_PARENT
from pilqr_ros.runs.run_config import ALL_METHODS

FOLLOW_LAUNCH = {FOLLOW_PARENT: str(os.getpid())}
"""What lets a process end with this one, even if it is killed."""

STARTING = "60"
"""Longest wait for the nodes, which start at the same time on what may be a busy machine [s]."""


def argument(option: Field) -> DeclareLaunchArgument:
    """Return the launch argument for an option."""
    return DeclareLaunchArgument(
        option.name,
        default_value=str(option.default),
        description=option.metadata["description"],
        choices=option.metadata["choices"],
    )


def node(start: graph.NodeStart, chosen: graph.GraphOptions) -> Node:
    """Return the action that starts a node, and starts it again or ends the launch with it."""

    def on_exit(event: ProcessExited, context: LaunchContext) -> Shutdown | None:
        goes_on = chosen.respawn or not start.is_essential
        if context.is_shutdown or (goes_on and event.returncode != CANNOT_START):
            return None
        reason = f"{start.label} ended with code {event.returncode}"
        if event.returncode != 0:
            raise GraphError(reason)  # by which alone the launch ends with an error, too
        return Shutdown(reason=reason)

    return Node(
        package="pilqr_ros",
        executable=start.name,
        name=start.name,
        namespace=start.namespace,
        ros_arguments=graph.ros_arguments(start, chosen.log_level),
        output="screen",
        additional_env=FOLLOW_LAUNCH,
        respawn=chosen.respawn,
        respawn_delay=DELAY,
        on_exit=on_exit,
    )


def start_nodes(context: LaunchContext) -> list[Action]:
    """Return what the arguments ask for."""
    given = {
        option.name: graph.read_option(option, LaunchConfiguration(option.name).perform(context))
        for option in graph.deployment_options()
    }
    chosen = graph.DeploymentOptions(**given)
    discovery = SetEnvironmentVariable(VARIABLE, discovery_range(chosen.discovery))
    starts = graph.starts(chosen, graph.DEPLOYED if chosen.run else graph.NODES)
    names = [start.name for start in starts]
    for start in starts:
        graph.check_free([start.name], start.namespace)
    method = LaunchConfiguration("train").perform(context)
    if method and chosen.run:
        raise GraphError("run serves a policy and nothing learns: leave out train, or run")
    graph.prepare_guard(chosen, names, graph.print_line, needs_torque=bool(method))
    beside = [*page(chosen), *train(method, chosen)]
    return [discovery, *(node(start, chosen) for start in starts), *beside]


def page(chosen: graph.GraphOptions) -> list[Action]:
    """Return the action that serves the live page, if it is asked for."""
    if not chosen.dashboard:
        return []
    command = graph.page_command(chosen)
    return [ExecuteProcess(cmd=command, output="screen", additional_env=FOLLOW_LAUNCH)]


def train(method: str, chosen: graph.GraphOptions) -> list[Action]:
    """Return the action that trains with a method through the nodes; none without a method."""
    if not method:
        return []
    command = [sys.executable, "-m", "pilqr_ros.cli", "train", chosen.task, "--attach"]
    command += ["--method", method, "--namespace", chosen.namespace, "--wait", STARTING]
    return [ExecuteProcess(cmd=command, output="screen", additional_env=FOLLOW_LAUNCH)]


def generate_launch_description() -> LaunchDescription:
    """Return every argument and every node."""
    return LaunchDescription(
        [
            *(argument(option) for option in graph.deployment_options()),
            DeclareLaunchArgument(
                "train",
                default_value="",
                choices=("", *ALL_METHODS),
                description="method to train with at once, such as pilqr, or mdgps-pilqr for one"
                " neural policy; empty: wait for a goal",
            ),
            OpaqueFunction(function=start_nodes),
        ]
    )
