"""How everything moved in a rollout."""

from dataclasses import replace

import numpy as np
import pytest

from pilqr_ros.page.motion import motion_of
from pilqr_ros.page.paths import places


@pytest.fixture(scope="module")
def rollout(run):
    return run.rollout(1, 2, 0)


def test_a_simulated_rollout_is_replayed_exactly(task, rollout):
    motion = motion_of(task, rollout)
    puck = task.world_model.body("puck").id
    assert motion.replayed
    assert np.allclose(motion.poses[:, puck, :3], rollout.states[:, task.layout["puck"]], atol=1e-6)


def test_what_cannot_be_replayed_is_shown_as_it_was_sensed(task, rollout):
    states = rollout.states.copy()
    moved = np.linspace(0.0, 0.3, len(states))
    states[:, task.layout["puck"].start] += moved
    sensed = motion_of(task, replace(rollout, states=states))
    exact, puck = motion_of(task, rollout), task.world_model.body("puck").id
    assert not sensed.replayed
    along = sensed.poses[:, puck, 0] - exact.poses[:, puck, 0]
    assert np.allclose(along, moved, atol=1e-6)
    stick = task.world_model.body("robot/tool/stick").id
    assert np.allclose(sensed.poses[:, stick], exact.poses[:, stick], atol=1e-6)


def test_a_rollout_that_was_broken_off_early_is_shown_as_far_as_it_went(task, rollout):
    names = ("states", "commanded", "applied", "noise", "stamps", "interventions")
    short = {name: getattr(rollout, name)[:7] for name in names}
    assert motion_of(task, replace(rollout, **short)).poses.shape[0] == 7


def test_the_path_of_a_point_is_where_the_model_has_its_site(task, rollout):
    block = task.layout.block("blade")
    stick = task.world_model.body("robot/tool/stick").id
    blade = places(block, rollout.states)
    distance = np.linalg.norm(blade - motion_of(task, rollout).poses[:, stick, :3], axis=1)
    assert np.ptp(distance) < 1e-6
