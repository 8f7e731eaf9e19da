import numpy as np

from pilqr_ros.benchmarks import rollout_time
from pilqr_ros.learning.collector import SimulatedRobot
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import load_task


def test_bare_stepping_goes_where_the_rollout_went():
    """So the two are the same physics, and what differs is what a rollout costs beside it."""
    task = load_task("pusher")
    robot, world = SimulatedRobot(task), World(task)
    rollout = robot.execute(task.initial_policy(0), 0, 3, explore=True, jitter=True)
    rollout_time.BareStepper(world).repeat([rollout])
    assert np.abs(rollout.states[-1] - rollout.states[0]).max() > 0.1
    np.testing.assert_array_equal(world.data.qpos, robot.world.data.qpos)
