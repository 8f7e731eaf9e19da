"""A robot's URDF, read again by MuJoCo's own reader of URDFs."""

import xml.etree.ElementTree as ElementTree

import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.kinematic_tree import frame_name
from pilqr_ros.tasks.models import short_name
from pilqr_ros.tasks.urdf import robot_urdf

SHIPPED = ("hockey", "hockey_lightarm", "door", "plug", "pusher", "reacher")
KEEP = (
    '<mujoco><compiler fusestatic="false" discardvisual="false" boundmass="1" boundinertia="1"/>'
    "</mujoco></robot>"
)
"""Lets MuJoCo keep fixed links and what is only seen, and give links a mass, as a URDF may not."""


def read_again(task):
    text = robot_urdf(task, "arm/base")
    ElementTree.fromstring(text)
    body = text.partition("?>")[2].replace("</robot>", KEEP)
    return mujoco.MjModel.from_xml_string(body)


@pytest.fixture(scope="module", params=SHIPPED)
def task(request):
    return load_task(request.param)


def test_mujoco_reads_the_same_kinematics_from_it(task):
    robot, again = task.robot_model, read_again(task)
    assert again.nbody >= robot.nbody
    data, data_again = mujoco.MjData(robot), mujoco.MjData(again)
    rng = np.random.default_rng(4)
    for _ in range(5):
        for joint in range(robot.njnt):
            same = again.joint(short_name(robot.joint(joint).name)).id
            value = rng.uniform(-1.0, 1.0)
            data.qpos[robot.jnt_qposadr[joint]] = data_again.qpos[again.jnt_qposadr[same]] = value
        mujoco.mj_kinematics(robot, data)
        mujoco.mj_kinematics(again, data_again)
        for body in range(1, robot.nbody):
            same = again.body(frame_name(robot, body)).id
            np.testing.assert_allclose(data_again.xpos[same], data.xpos[body], atol=1e-9)
            np.testing.assert_allclose(data_again.xmat[same], data.xmat[body], atol=1e-9)


def test_joints_have_the_models_bounds_and_the_tasks_torques(task):
    joints = {
        one.get("name"): one for one in ElementTree.fromstring(robot_urdf(task, "b")).iter("joint")
    }
    for name, torque, bounds in zip(
        task.joints, task.torque_limits, task.position_limits, strict=True
    ):
        limit = joints[name].find("limit")
        assert float(limit.get("effort")) == torque
        assert ("lower" in limit.attrib) == (joints[name].get("type") != "continuous")
        if "lower" in limit.attrib:
            assert float(limit.get("lower")) <= bounds[0] < bounds[1] <= float(limit.get("upper"))


def test_what_is_seen_of_it_stops_the_rays_that_the_model_stops(task):
    robot, again = task.robot_model, read_again(task)
    rng, groups = np.random.default_rng(5), np.array([1, 1, 1, 0, 0, 0], dtype=np.uint8)
    data, data_again = mujoco.MjData(robot), mujoco.MjData(again)
    mujoco.mj_forward(robot, data)
    mujoco.mj_forward(again, data_again)
    places, hits = data.geom_xpos, 0
    for _ in range(200):
        away = rng.normal(size=3)
        start = places.mean(axis=0) + 3.0 * away / np.linalg.norm(away)
        direction = places[rng.integers(len(places))] + 0.03 * rng.normal(size=3) - start
        found, expected = (
            mujoco.mj_ray(model, of, start, direction, groups, 1, -1, np.zeros(1, np.int32), None)
            for model, of in ((again, data_again), (robot, data))
        )
        assert found == pytest.approx(expected, abs=1e-6)
        hits += expected > 0.0
    assert hits > 20
