"""Serves the policy of a run, without a learner: hockey's launch file with `run`, which it needs.

On a real arm: `ros2 launch pilqr_ros deploy.launch.py run:=RUN hardware:=true robot_config:=FILE`.
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource


def generate_launch_description() -> LaunchDescription:
    """Return hockey's launch file with a run; its other arguments pass through."""
    source = PythonLaunchDescriptionSource(str(Path(__file__).with_name("hockey.launch.py")))
    description = "directory of the run whose policy is served"
    return LaunchDescription(
        [
            DeclareLaunchArgument("run", description=description),
            IncludeLaunchDescription(source),
        ]
    )
