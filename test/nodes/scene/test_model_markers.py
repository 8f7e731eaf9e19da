"""A world's shapes as markers."""

from types import SimpleNamespace

import mujoco
import numpy as np
import pytest
from visualization_msgs.msg import Marker

from pilqr_ros.nodes.scene.model_markers import model_markers

WORLD = """
<mujoco>
  <asset>
    <mesh name="wedge" vertex="0 0 0  1 0 0  0 1 0  0 0 1"/>
    <material name="red" rgba="1 0 0 0.5"/>
  </asset>
  <worldbody>
    <geom name="floor" type="plane" size="0 2 1" pos="0 0 0.3"/>
    <body name="egg"><freejoint/><geom type="ellipsoid" size="0.1 0.2 0.3"/></body>
    <body name="robot/link">
      <joint/>
      <geom type="capsule" size="0.1 0.4" pos="1 0 0" euler="90 0 0" material="red"/>
      <geom type="mesh" mesh="wedge" pos="0 0 2"/>
      <geom type="sphere" size="0.1" group="3"/>
      <geom type="sphere" size="0.1" rgba="1 1 1 0"/>
    </body>
  </worldbody>
</mujoco>
"""


@pytest.fixture(scope="module")
def model():
    return mujoco.MjModel.from_xml_string(WORLD)


@pytest.fixture(scope="module")
def shapes(model):
    frames = SimpleNamespace(of_bodies=["base", "egg", "robot/link"], first_robot=2)
    first, *others = model_markers(model, frames).markers
    assert first.action == Marker.DELETEALL
    return others


def of_frame(shapes, frame):
    return [one for one in shapes if one.header.frame_id == frame]


def size(shape):
    return shape.scale.x, shape.scale.y, shape.scale.z


def place(shape):
    return shape.pose.position.x, shape.pose.position.y, shape.pose.position.z


def test_a_floor_is_a_thin_box_whose_top_is_the_plane(shapes):
    (floor,) = of_frame(shapes, "base")
    assert (floor.type, floor.ns) == (Marker.CUBE, "scene")
    assert size(floor)[:2] == pytest.approx((20.0, 4.0)), "without end is drawn large"
    assert place(floor)[2] + floor.scale.z / 2.0 == pytest.approx(0.3)


def test_an_ellipsoid_has_its_diameters(shapes):
    (egg,) = of_frame(shapes, "egg")
    assert egg.type == Marker.SPHERE
    assert size(egg) == pytest.approx((0.2, 0.4, 0.6))


def test_a_capsule_is_a_cylinder_between_two_balls_in_its_colour(shapes):
    tube, *ends = [one for one in of_frame(shapes, "robot/link") if one.color.a == 0.5]
    assert (tube.type, tube.ns) == (Marker.CYLINDER, "robot")
    assert size(tube) == pytest.approx((0.2, 0.2, 0.8))
    assert sorted(place(end) for end in ends) == [
        pytest.approx((1.0, -0.4, 0.0)),
        pytest.approx((1.0, 0.4, 0.0)),
    ]
    assert [size(end) for end in ends] == [pytest.approx((0.2, 0.2, 0.2))] * 2
    assert all((one.color.r, one.color.g) == (1.0, 0.0) for one in (tube, *ends))


def test_a_mesh_has_the_triangles_that_mujoco_draws(model, shapes):
    (wedge,) = [one for one in shapes if one.type == Marker.TRIANGLE_LIST]
    assert size(wedge) == (1.0, 1.0, 1.0)
    turned = np.empty(9)
    turn = wedge.pose.orientation
    mujoco.mju_quat2Mat(turned, np.array([turn.w, turn.x, turn.y, turn.z]))
    corners = np.array([(one.x, one.y, one.z) for one in wedge.points])
    corners = corners @ turned.reshape(3, 3).T + place(wedge)
    expected = {(0, 0, 2), (1, 0, 2), (0, 1, 2), (0, 0, 3)}
    assert {tuple(corner) for corner in corners.round(6) + 0.0} == expected
    assert len(corners) == 3 * 4


def test_what_mujocos_viewer_hides_is_hidden(shapes):
    assert len(of_frame(shapes, "robot/link")) == 4
    assert all(one.frame_locked for one in shapes)
    assert len({(one.ns, one.id) for one in shapes}) == len(shapes)
