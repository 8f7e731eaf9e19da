"""A training goes round what the cost keeps it away from, and through it where nothing does."""

import numpy as np
import pytest
import yaml

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run
from pilqr_ros.tasks import load_task

ROBOT = """<mujoco><default><geom contype="0" conaffinity="0" size=".02" mass="1"/></default>
<worldbody><body name="beam"><joint name="x" type="slide" axis="1 0 0"/><geom/>
<body name="hand"><joint name="y" type="slide" axis="0 1 0"/><geom/><site name="tip"/></body></body>
</worldbody><actuator><motor name="x" joint="x"/><motor name="y" joint="y"/></actuator></mujoco>"""
CENTRE, RADIUS = np.array([0.3, 0.03, 0.0]), 0.08  # nearly half way: it is passed on one side
SCENE = """<mujoco><option timestep="0.01" gravity="0 0 0"/><worldbody>
<geom name="post" size=".08" pos=".3 .03 0" contype="0" conaffinity="0"/></worldbody></mujoco>"""
TASK = """
name: gantry
models: {scene: scene.xml, robot: robot.xml}
control: {rate: 20, steps: 20}
joints:
  - {name: x, torque_limit: 20, torque_rate_limit: 20}
  - {name: y, torque_limit: 20, torque_rate_limit: 20}
state:
  - {name: q, kind: joint_positions}
  - {name: qd, kind: joint_velocities}
  - {name: tip, kind: point_position, of: tip}
cost:
  terms: [{name: near, of: tip, minus: target, alpha: 1.0, beta: 1.0, ramp: linear}]
  torque_weights: 1.0e-3
success: {of: tip, minus: target, within: 0.1}
conditions: [{name: across, joints: [0, 0], targets: {target: [0.6, 0, 0]}}]
initial_policy: {kind: hold}
noise_smoothing: 2.0
learning: {rollouts: 6, iterations: 8}
"""


def trained_way(folder, obstacles):
    """Train, and return the task and the tip's way without noise, ``(T, 3)``."""
    for name, text in (("robot.xml", ROBOT), ("scene.xml", SCENE)):
        (folder / name).write_text(text)
    content = yaml.safe_load(TASK)
    content["cost"]["obstacles"] = obstacles
    (folder / "gantry.yaml").write_text(yaml.safe_dump(content))
    task = load_task(folder / "gantry.yaml")
    collector, config = InProcessCollector(task), RunConfig.for_task(task, "pilqr", seed=0)
    run = create_run(folder / "runs", task, config)
    Trainer(run, collector, TaskCostEvaluator(task)).run()
    policy = run.policy(config.iterations, 0)[0]
    rollout = collector.collect(policy, 0, 1, explore=False, jitter=False)
    assert task.success(0, rollout.states).success
    return rollout.states[:, task.layout["tip"]]


@pytest.mark.parametrize("kept", [True, False])
def test_the_way_goes_round_an_obstacle_where_the_cost_says_so(tmp_path, kept):
    post = {"name": "post", "of": "tip", "geom": "post", "distance": 0.1, "weight": 0.1}
    way = trained_way(tmp_path, [post] if kept else [])
    nearest = np.linalg.norm(way - CENTRE, axis=1).min() - RADIUS
    assert nearest > 0.02 if kept else nearest < -0.02
