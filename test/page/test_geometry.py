"""What is drawn of a MuJoCo model, against MuJoCo's own bounds and volumes."""

import mujoco
import numpy as np
import pytest

pytest.importorskip("trimesh", reason="viser is not installed")

from pilqr_ros.page.geometry import visible_shapes

WORLD = """<mujoco><asset>
<material name="red" rgba="1 0 0 0.5"/>
<mesh name="wedge" vertex="0 0 0  1 0 0  0 1 0  0 0 1"/></asset>
<worldbody><body>{}</body></worldbody></mujoco>"""


def shapes(geoms):
    model = mujoco.MjModel.from_xml_string(WORLD.format(geoms))
    return model, visible_shapes(model, 1)


@pytest.mark.parametrize(
    ("geom", "low", "high"),
    [
        ('type="box" size=".1 .2 .3"', [-0.1, -0.2, -0.3], [0.1, 0.2, 0.3]),
        ('type="sphere" size=".2" pos="1 0 0"', [0.8, -0.2, -0.2], [1.2, 0.2, 0.2]),
        ('type="ellipsoid" size=".1 .2 .3"', [-0.1, -0.2, -0.3], [0.1, 0.2, 0.3]),
        ('type="cylinder" size=".1 .5"', [-0.1, -0.1, -0.5], [0.1, 0.1, 0.5]),
        ('type="capsule" size=".1 .5"', [-0.1, -0.1, -0.6], [0.1, 0.1, 0.6]),
        ('type="capsule" size=".1" fromto="0 0 0 1 0 0"', [-0.1, -0.1, -0.1], [1.1, 0.1, 0.1]),
        ('type="plane" size="2 3 1"', [-2, -3, 0], [2, 3, 0]),
        ('type="box" size=".1 .2 .3" euler="0 0 90"', [-0.2, -0.1, -0.3], [0.2, 0.1, 0.3]),
        ('type="mesh" mesh="wedge"', [0, 0, 0], [1, 1, 1]),
    ],
)
def test_a_shape_fills_the_room_that_its_definition_says(geom, low, high):
    _, (shape,) = shapes(f"<geom {geom}/>")
    assert np.allclose(shape.vertices.min(axis=0), low, atol=2e-3)
    assert np.allclose(shape.vertices.max(axis=0), high, atol=2e-3)
    assert shape.faces.max() < len(shape.vertices)


def test_a_material_gives_the_colour():
    _, (shape,) = shapes('<geom size=".1" material="red"/>')
    assert np.allclose(shape.color, [1, 0, 0, 0.5])


def test_what_is_not_to_be_seen_is_not_drawn():
    hidden = '<geom size=".1" group="3"/><geom size=".1" rgba="1 1 1 0"/>'
    assert shapes(hidden)[1] == []
