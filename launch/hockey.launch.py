"""Starts the graph that learns a task; with `--show-args`, `ros2 launch` lists the options.

Nodes and options are those of `pilqr up`, from the one list in `pilqr_ros.nodes.graph`.
"""

from dataclasses import Field

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, Shutdown
from launch.conditions import IfCondition
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from pilqr_ros.nodes import graph
from pilqr_ros.nodes.respawning import CANNOT_START, DELAY

KINDS = {option.name: type(option.default) for option in graph.options()}


def argument(option: Field) -> DeclareLaunchArgument:
    """Return the launch argument for an option."""
    return DeclareLaunchArgument(
        option.name,
        default_value=str(option.default),
        description=option.metadata["description"],
        choices=option.metadata["choices"],
    )


def node(spec: graph.NodeSpec) -> Node:
    """Return the action that starts a node, and starts it again or ends the launch with it."""

    def on_exit(event: ProcessExited, context: LaunchContext) -> Shutdown | None:
        respawn = LaunchConfiguration("respawn").perform(context).lower() == "true"
        if respawn and event.returncode != CANNOT_START:
            return None
        return Shutdown(reason=f"{spec.name} ended")

    return Node(
        package="pilqr_ros",
        executable=spec.name,
        name=spec.name,
        namespace=LaunchConfiguration("namespace"),
        parameters=[
            {
                name: ParameterValue(LaunchConfiguration(name), value_type=KINDS[name])
                for name in spec.options
            }
        ],
        ros_arguments=["--log-level", LaunchConfiguration("log_level")],
        output="screen",
        respawn=LaunchConfiguration("respawn"),
        respawn_delay=DELAY,
        on_exit=on_exit,
    )


def generate_launch_description() -> LaunchDescription:
    """Return every argument and every node."""
    return LaunchDescription(
        [
            *(argument(option) for option in graph.options()),
            DeclareLaunchArgument(
                "record", default_value="false", description="record all topics in a bag"
            ),
            *(node(spec) for spec in graph.NODES),
            ExecuteProcess(
                cmd=["ros2", "bag", "record", "--all-topics", "--storage", "mcap"],
                condition=IfCondition(LaunchConfiguration("record")),
                output="screen",
            ),
        ]
    )
