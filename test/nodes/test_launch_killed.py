"""What a launch that is killed leaves behind: nothing; skipped where `launch` is not installed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("launch_ros", reason="ROS 2's launch is not in this environment")

from ament_index_python.packages import get_package_share_directory

LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
source, *arguments = sys.argv[1:]
included = IncludeLaunchDescription(
    PythonLaunchDescriptionSource(source),
    launch_arguments=[one.split(":=") for one in arguments],
)
service = LaunchService()
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""
NODES_AND_CLIENT = 8


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid):
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*")
        for child in (task / "children").read_text().split()
    ]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nodes_and_training_end_with_the_launch(
    fresh_client, tmp_path, number, wait_until, monkeypatch
):
    monkeypatch.setenv("PILQR_FOLLOW_PARENT", str(os.getpid()))  # another's is not theirs
    source = f"{get_package_share_directory('pilqr_ros')}/launch/hockey.launch.py"
    arguments = [f"runs_directory:={tmp_path}", "train:=pilqr"]
    launch = subprocess.Popen([sys.executable, "-c", LAUNCH, source, *arguments])
    try:
        wait_until(lambda: list(tmp_path.rglob("*.npz")), "a rollout")
        pids = children(launch.pid)
        assert len(pids) == NODES_AND_CLIENT
        launch.send_signal(number)
        launch.wait(timeout=60.0)
        wait_until(lambda: not any(map(is_alive, pids)), "the end of them all")
    finally:
        launch.kill()
        launch.wait()
