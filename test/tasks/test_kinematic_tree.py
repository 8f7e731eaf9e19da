"""Frames and joints of a robot against MuJoCo's own kinematics."""

import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.frame_pose import FramePose
from pilqr_ros.tasks.kinematic_tree import frame_name, kinematic_tree, poses
from pilqr_ros.tasks.models import short_name

SHIPPED = ("hockey", "hockey_lightarm", "door", "plug", "pusher", "reacher")

ODD = """
<mujoco><compiler angle="radian" autolimits="true"/><worldbody>
  <body name="robot/lift" pos="0.1 0.2 0.3" euler="0.3 0.2 0.1">
    <joint name="robot/up" type="slide" axis="0 0.6 0.8" pos="0.4 0.5 0.6" range="-1 2" ref="0.3"/>
    <geom size="0.1"/>
    <body pos="0 0.5 0" euler="0 1 0">
      <joint name="robot/a" axis="1 0 0" pos="0.1 0 0.2" ref="0.7"/>
      <joint name="robot/b" axis="0 1 0" pos="0 0.3 0"/>
      <joint name="robot/c" axis="0 0 1" range="-3 1"/>
      <geom size="0.1"/>
      <body name="robot/hand" pos="0.2 0 0" euler="0 0 1"><geom size="0.1"/></body>
    </body>
  </body>
</worldbody></mujoco>
"""
"""Anchors beside origins, several joints of one body, positions that are not 0 at rest."""


def model_of(name):
    return mujoco.MjModel.from_xml_string(ODD) if name == "odd" else load_task(name).robot_model


def drawn_positions(model, rng):
    """Return positions of all joints, drawn within their ranges."""
    low, high = np.where(model.jnt_limited[:, None], model.jnt_range, [-2.0, 2.0]).T
    return rng.uniform(low, high)


def in_base(tree, positions):
    """Return every frame in the base, by name."""
    found = {"base": FramePose(np.zeros(3))}
    for joint, pose in zip(tree, poses(tree, positions), strict=True):
        found[joint.child] = found[joint.parent] @ pose
    return found


def assert_same(pose, position, wxyz):
    np.testing.assert_allclose(pose.position, position, atol=1e-9)
    assert abs(np.dot(pose.wxyz, wxyz)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", (*SHIPPED, "odd"))
def test_bodies_are_where_mujoco_has_them(name):
    model, rng = model_of(name), np.random.default_rng(3)
    tree, data = kinematic_tree(model, "base"), mujoco.MjData(model)
    for _ in range(5):
        data.qpos[:] = drawn_positions(model, rng)
        mujoco.mj_kinematics(model, data)
        names = (short_name(model.joint(joint).name) for joint in range(model.njnt))
        found = in_base(tree, dict(zip(names, map(float, data.qpos), strict=True)))
        for body in range(1, model.nbody):
            assert_same(found[frame_name(model, body)], data.xpos[body], data.xquat[body])


def test_joints_that_are_not_told_are_where_the_model_has_them():
    model = model_of("odd")
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    found = in_base(kinematic_tree(model, "base"), {})
    assert_same(found["robot/hand"], data.xpos[-1], data.xquat[-1])


def test_a_body_without_a_name_has_a_frame_all_the_same():
    names = [joint.child for joint in kinematic_tree(model_of("odd"), "base")]
    assert "robot/body_2" in names
    assert len(set(names)) == len(names)


def test_a_joint_that_no_urdf_has_is_refused_by_name():
    text = '<mujoco><worldbody><body><joint name="robot/wrist" type="ball"/><geom size="1"/></body>'
    model = mujoco.MjModel.from_xml_string(text + "</worldbody></mujoco>")
    with pytest.raises(TaskError, match="'wrist' is a ball joint"):
        kinematic_tree(model, "base")
