"""MuJoCo's warnings are shown once and leave no file in the user's folder."""

import subprocess
import sys
import warnings

DIVERGING = """
import warnings
import numpy as np
from pilqr_ros.simulation.errors import SimulationDiverged
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import load_task

world = World(load_task("pusher"))
for _ in range(3):
    world.reset(0, seed=0, jitter=False)
    world.data.qvel[0] = np.nan
    try:
        world.step(np.zeros(4))
    except SimulationDiverged:
        print("diverged")
"""


def test_a_simulation_that_diverges_warns_once_and_writes_no_log(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", DIVERGING],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ended.stdout.split() == ["diverged"] * 3
    assert ended.stderr.count("MujocoWarning: Nan, Inf or huge value in QVEL") == 1
    assert list(tmp_path.iterdir()) == []


def test_options_that_arm_and_scene_share_are_no_conflict(two_joints):
    option = '<option integrator="implicitfast" timestep="0.005"/><worldbody>'
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        two_joints(arm=("<worldbody>", option), scene=("<worldbody>", option))
    assert not told
