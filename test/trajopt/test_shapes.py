import numpy as np
import pytest
from convex_shapes import SHAPES

from pilqr_ros.trajopt.errors import SettingError, ShapeError
from pilqr_ros.trajopt.shapes import Cylinder, RoundedBox

POINTS = np.random.default_rng(0).uniform(-1.0, 1.0, (400, 3))


def surface(name, n=60):
    """Return points all over a surface, from its definition."""
    a, h = np.linspace(0.0, 2 * np.pi, n), np.linspace(-1.0, 1.0, n)
    a, h = (grid.ravel() for grid in np.meshgrid(a, h))
    on_unit_sphere = np.sqrt(1 - h**2)[:, None] * np.stack([np.cos(a), np.sin(a), 0 * a], 1)
    on_unit_sphere[:, 2] = h
    if name == "sphere":
        return 0.3 * on_unit_sphere
    if name == "capsule":
        ends = 0.2 * on_unit_sphere + np.stack([0 * h, 0 * h, 0.5 * np.sign(h)], 1)
        return np.concatenate([ends, np.stack([0.2 * np.cos(a), 0.2 * np.sin(a), 0.5 * h], 1)])
    if name == "cylinder":
        side = np.stack([0.3 * np.cos(a), 0.3 * np.sin(a), 0.5 * h], 1)
        lids = [np.stack([0.3 * h * np.cos(a), 0.3 * h * np.sin(a), 0 * h + z], 1)
                for z in (-0.5, 0.5)]  # fmt: skip
        return np.concatenate([side, *lids])
    u, v = (g.ravel() for g in np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n)))
    if name == "half-space":
        return np.stack([1.5 * u, 1.5 * v, 0 * u], 1)
    faces = [np.insert(np.stack([u, v], 1), i, s, axis=1) for i in range(3) for s in (-1.0, 1.0)]
    return np.concatenate(faces) * [0.3, 0.4, 0.5]


def is_inside(name, p):
    r, z = np.linalg.norm(p[:, :2], axis=1), np.abs(p[:, 2])
    on_axis = np.stack([0 * r, 0 * r, np.clip(p[:, 2], -0.5, 0.5)], 1)
    return {
        "sphere": np.linalg.norm(p, axis=1) < 0.3,
        "capsule": np.linalg.norm(p - on_axis, axis=1) < 0.2,
        "box": np.all(np.abs(p) < [0.3, 0.4, 0.5], axis=1),
        "cylinder": (r < 0.3) & (z < 0.5),
        "half-space": p[:, 2] < 0.0,
    }[name]


@pytest.mark.parametrize("name", SHAPES)
def test_it_is_the_distance_to_the_nearest_point_of_the_surface_negative_within(name):
    on_it = surface(name)
    nearest = np.array([np.linalg.norm(on_it - p, axis=1).min() for p in POINTS])
    found = SHAPES[name].signed_distance(POINTS).value
    np.testing.assert_array_equal(found < 0.0, is_inside(name, POINTS))
    assert np.all(nearest - np.abs(found) > -1e-9)
    assert np.all(nearest - np.abs(found) < 0.04)  # what lies between the points on it


@pytest.mark.parametrize("name", SHAPES)
def test_the_gradient_is_its_slope_and_has_length_one(name):
    shape, a = SHAPES[name], 1e-6
    gradient = shape.signed_distance(POINTS).gradient
    np.testing.assert_allclose(np.linalg.norm(gradient, axis=1), 1.0, rtol=1e-12)
    for i, e in enumerate(a * np.eye(3)):
        rise = shape.signed_distance(POINTS + e).value - shape.signed_distance(POINTS - e).value
        np.testing.assert_allclose(gradient[:, i], rise / (2 * a), atol=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_there_is_a_way_out_where_several_are_equally_short(name):
    middle = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, -0.1]])
    found = SHAPES[name].signed_distance(middle)
    np.testing.assert_allclose(np.linalg.norm(found.gradient, axis=1), 1.0)
    further = SHAPES[name].signed_distance(middle + 0.05 * found.gradient)
    np.testing.assert_allclose(further.value, found.value + 0.05, atol=1e-12)


def test_points_may_be_stacked():
    stacked = SHAPES["capsule"].signed_distance(POINTS.reshape(4, 100, 3))
    single = SHAPES["capsule"].signed_distance(POINTS)
    np.testing.assert_array_equal(stacked.value.ravel(), single.value)
    np.testing.assert_array_equal(stacked.gradient.reshape(-1, 3), single.gradient)


def test_negative_lengths_are_refused():
    with pytest.raises(SettingError, match=r"radius is -0.1, allowed: at least 0"):
        RoundedBox(np.zeros(3), -0.1)
    with pytest.raises(SettingError, match="half_lengths"):
        RoundedBox(np.array([0.1, -0.1, 0.1]))
    with pytest.raises(SettingError, match="half_length is"):
        Cylinder(0.1, float("nan"))
    with pytest.raises(ShapeError, match=r"half_lengths has shape \(2,\)"):
        RoundedBox(np.zeros(2))
