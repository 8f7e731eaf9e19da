"""Starts the graph that learns the task `plug`: hockey's launch file with another default."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource


def generate_launch_description() -> LaunchDescription:
    """Return hockey's launch file with another task; its other arguments pass through."""
    source = PythonLaunchDescriptionSource(str(Path(__file__).with_name("hockey.launch.py")))
    description = "name of a task, or path of a task file"
    return LaunchDescription(
        [
            DeclareLaunchArgument("task", default_value="plug", description=description),
            IncludeLaunchDescription(source),
        ]
    )
