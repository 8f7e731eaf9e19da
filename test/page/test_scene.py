"""A model in a page's scene."""

import mujoco
import numpy as np
import pytest

pytest.importorskip("viser", reason="viser is not installed")

from pilqr_ros.page.scene import ModelScene


def test_bodies_move_to_where_the_kinematics_has_them(server, two_joints):
    task = two_joints()
    scene, data = ModelScene(server, task.world_model, ("tip",)), mujoco.MjData(task.world_model)
    data.qpos[:] = [np.pi / 2, 0.0]
    mujoco.mj_forward(task.world_model, data)
    scene.show(data)
    lower = task.world_model.body("robot/lower").id
    frame = server.scene.get_handle_by_name(f"/model/{lower}")
    assert np.allclose(frame.position, [0.0, 0.1, 0.0], atol=1e-6)
    assert np.allclose(frame.wxyz, [np.sqrt(0.5), 0, 0, np.sqrt(0.5)], atol=1e-6)


def test_a_site_of_the_task_is_named_where_it_is_on_its_body(server, two_joints):
    task = two_joints()
    ModelScene(server, task.world_model, ("tip",))
    lower, site = task.world_model.body("robot/lower").id, task.world_model.site("robot/tip").id
    marker = server.scene.get_handle_by_name(f"/model/{lower}/site_{site}")
    assert np.allclose(marker.position, [0.1, 0.0, 0.0])
    assert server.scene.get_handle_by_name(f"/model/{lower}/site_{site}/name").text == "tip"
