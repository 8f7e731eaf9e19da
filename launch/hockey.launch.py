"""Starts the graph that learns a task; `ros2 launch pilqr_ros hockey.launch.py -s` lists the options.

The nodes and their options are those of `pilqr up`.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, Shutdown
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from pilqr_ros.nodes import graph

KINDS = {option.name: type(option.default) for option in graph.options()}


def argument(option) -> DeclareLaunchArgument:
    return DeclareLaunchArgument(
        option.name,
        default_value=str(option.default),
        description=option.metadata["description"],
        choices=option.metadata["choices"],
    )


def node(spec: graph.NodeSpec) -> Node:
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
        on_exit=Shutdown(reason=f"{spec.name} ended"),
    )


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            *(argument(option) for option in graph.options()),
            DeclareLaunchArgument(
                "record", default_value="false", description="record all topics in a bag"
            ),
            *(node(spec) for spec in graph.NODES),
            ExecuteProcess(
                cmd=["ros2", "bag", "record", "--all", "--storage", "mcap"],
                condition=IfCondition(LaunchConfiguration("record")),
                output="screen",
            ),
        ]
    )
