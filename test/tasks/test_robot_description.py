"""The MJCF of the arm against an independent chain of transforms from the PR2's description."""

import mujoco
import numpy as np
import pytest
from transforms3d.affines import compose
from transforms3d.axangles import axangle2mat

from pilqr_ros.tasks.models import element_id

# joint, origin in the parent's frame, axis (None: fixed), lower, upper, damping, mass behind it
CHAIN = [
    ("torso", (-0.05, 0.0, 0.051 + 0.739675), None),
    ("r_shoulder_pan_joint", (0.0, -0.188, 0.0), (0, 0, 1)),
    ("r_shoulder_lift_joint", (0.1, 0.0, 0.0), (0, 1, 0)),
    ("r_upper_arm_roll_joint", (0.0, 0.0, 0.0), (1, 0, 0)),
    ("r_elbow_flex_joint", (0.4, 0.0, 0.0), (0, 1, 0)),
    ("r_forearm_roll_joint", (0.0, 0.0, 0.0), (1, 0, 0)),
    ("r_wrist_flex_joint", (0.321, 0.0, 0.0), (0, 1, 0)),
    ("r_wrist_roll_joint", (0.0, 0.0, 0.0), (1, 0, 0)),
    ("tool", (0.18, 0.0, 0.0), None),
]
LIMITS = {
    "r_shoulder_pan_joint": (-2.285398163, 0.7146018366),
    "r_shoulder_lift_joint": (-0.5236, 1.3963),
    "r_upper_arm_roll_joint": (-3.9, 0.8),
    "r_elbow_flex_joint": (-2.3213, 0.0),
    "r_forearm_roll_joint": None,
    "r_wrist_flex_joint": (-2.18, 0.0),
    "r_wrist_roll_joint": None,
}
DAMPING = [10, 10, 0.1, 1, 0.1, 0.1, 0.1]
ARMATURE = [0.1, 0.1, 0.1, 0.1, 0.05, 0.1, 0.05]
LINK_MASSES = [25.799322, 2.74988, 0.1, 6.01769, 1.90327, 0.1, 2.57968, 0.61402, 0.1, 0.58007]
FINGER_MASSES = [0.17126, 0.04419, 0.17389, 0.04419]


def tool_frame(q):
    frame, angles = np.eye(4), iter(q)
    for _, origin, axis in CHAIN:
        frame = frame @ compose(origin, np.eye(3), np.ones(3))
        if axis is not None:
            frame = frame @ compose(np.zeros(3), axangle2mat(axis, next(angles)), np.ones(3))
    return frame


def blade_position(q):
    stick = axangle2mat((0, 1, 0), 0.5)
    return (tool_frame(q) @ [*(stick @ [0.01, 0.0, -0.62]), 1.0])[:3]


def random_angles(rng):
    spans = [limits or (-np.pi, np.pi) for limits in LIMITS.values()]
    return np.array([rng.uniform(*span) for span in spans])


def site_position(model, q, site):
    data = mujoco.MjData(model)
    ids = [element_id(model, mujoco.mjtObj.mjOBJ_JOINT, name, "") for name in LIMITS]
    data.qpos[model.jnt_qposadr[ids]] = q
    mujoco.mj_kinematics(model, data)
    return data.site_xpos[element_id(model, mujoco.mjtObj.mjOBJ_SITE, site, "")]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("which", ["robot_model", "world_model"])
def test_forward_kinematics_agree_with_the_chain_of_transforms(hockey, seed, which):
    q = random_angles(np.random.default_rng(seed))
    model = getattr(hockey, which)
    np.testing.assert_allclose(
        site_position(model, q, "tool_mount"), tool_frame(q)[:3, 3], atol=1e-9
    )
    np.testing.assert_allclose(site_position(model, q, "blade"), blade_position(q), atol=1e-9)


def test_at_the_start_the_blade_stands_upright_behind_the_puck(hockey):
    blade = blade_position(hockey.conditions[0].start)
    np.testing.assert_allclose(blade, [0.56, -0.188, 0.062], atol=1e-3)


def test_limits_damping_and_armature_are_those_of_the_robot(hockey):
    model = hockey.robot_model
    for i, (name, limits) in enumerate(LIMITS.items()):
        joint = element_id(model, mujoco.mjtObj.mjOBJ_JOINT, name, "")
        dof = model.jnt_dofadr[joint]
        assert bool(model.jnt_limited[joint]) is (limits is not None)
        if limits is not None:
            np.testing.assert_allclose(model.jnt_range[joint], limits)
        assert model.dof_damping[dof] == DAMPING[i]
        assert model.dof_armature[dof] == ARMATURE[i]


def test_mass_is_that_of_the_links_and_the_stick(hockey):
    masses = hockey.robot_model.body_mass
    assert masses.sum() == pytest.approx(sum(LINK_MASSES) + sum(FINGER_MASSES) + 0.3)


def test_every_moving_link_is_gravity_compensated_and_the_puck_is_not(hockey):
    model = hockey.world_model
    for body in range(1, model.nbody):
        name = model.body(body).name
        compensated = model.body_gravcomp[body] == 1.0
        is_link = name.startswith("robot/") and name != "robot/torso_lift_link"
        assert compensated == is_link, name


def test_the_motors_have_the_robots_torques(hockey):
    for model in (hockey.robot_model, hockey.world_model):
        np.testing.assert_array_equal(model.actuator_ctrlrange[:, 1], hockey.torque_limits)
        np.testing.assert_array_equal(model.actuator_ctrlrange[:, 0], -hockey.torque_limits)
