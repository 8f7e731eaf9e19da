"""The second arm: its description against an independent chain of rotations and offsets."""

import mujoco
import numpy as np
import pytest
from transforms3d.axangles import axangle2mat

from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.models import element_id

# offset from the previous joint along the link, axis
CHAIN = [
    (0.2, (0, 0, 1)),
    (0.21, (0, 1, 0)),
    (0.18, (0, 0, 1)),
    (0.16, (0, 1, 0)),
    (0.16, (0, 0, 1)),
    (0.14, (0, 1, 0)),
    (0.07, (0, 0, 1)),
]
BLADE = (-0.009, 0.0, 0.03 + 0.3)


@pytest.fixture(scope="module")
def task():
    return load_task("hockey_lightarm")


def blade_by_hand(angles):
    position, rotation = np.zeros(3), np.eye(3)
    for (length, axis), angle in zip(CHAIN, angles, strict=True):
        position = position + rotation @ [0.0, 0.0, length]
        rotation = rotation @ axangle2mat(axis, angle)
    return position + rotation @ BLADE


def blade_of_model(model, angles):
    data = mujoco.MjData(model)
    data.qpos[:] = angles
    mujoco.mj_kinematics(model, data)
    return data.site_xpos[element_id(model, mujoco.mjtObj.mjOBJ_SITE, "blade", "")]


def test_the_blade_is_where_the_link_lengths_put_it(task):
    for angles in np.random.default_rng(0).uniform(-2.0, 2.0, (20, task.dU)):
        np.testing.assert_allclose(
            blade_of_model(task.robot_model, angles), blade_by_hand(angles), atol=1e-12
        )


def test_the_start_is_behind_the_puck_and_clear_of_the_floor(task):
    (condition,) = task.conditions
    blade = blade_by_hand(condition.start)
    puck = condition.bodies["puck"]
    assert 0.1 < puck[0] - blade[0] < 0.4
    assert abs(puck[1] - blade[1]) < 0.01
    assert blade[2] > 0.045 + 0.005


def test_it_shares_no_joint_with_the_first_arm(task):
    assert not set(task.joints) & set(load_task("hockey").joints)
    assert task.dX == 26
