"""Door and reacher: costs, success and conditions as the published experiments have them."""

import numpy as np
import pytest

from pilqr_ros.tasks import load_task


@pytest.fixture(scope="module")
def door():
    return load_task("door")


@pytest.fixture(scope="module")
def reacher():
    return load_task("reacher")


def loss(z, alpha, beta):
    squared = np.sum(z**2, axis=1)
    return 0.5 * alpha * squared + beta * np.sqrt(1e-5 + squared)


def test_the_doors_cost_is_the_published_one(door):
    rng = np.random.default_rng(0)
    x, u = rng.normal(size=(100, door.dX)), rng.normal(size=(100, 6))
    top, bottom, above, inside = (
        x[:, door.layout[name]]
        for name in ("hook_top", "hook_bottom", "above_handle", "inside_handle")
    )
    terms = door.cost(2).evaluate_terms(x, u)
    angle = x[:, door.layout["hinge"]]
    ramp = 5 * (np.arange(1, 101) / 100) ** 2
    np.testing.assert_allclose(terms["opening"], ramp * loss(angle + 1, 1, 0))
    reach, grasp = (
        loss(bottom - above, 1, 0.1),
        loss(np.hstack([bottom - inside, top - above]), 1, 0.1),
    )
    np.testing.assert_allclose(terms["reach"], np.where(np.arange(100) < 25, reach, 0))
    np.testing.assert_allclose(terms["grasp"], np.where(np.arange(100) < 25, 0, grasp))
    gains = np.array([3.09, 1.08, 0.393, 0.674, 0.152, 0.098])
    torque = 0.5 * np.sum(0.1 * 5e-5 / gains * u**2, axis=1)
    np.testing.assert_allclose(terms["torque"], torque, rtol=1e-3)


@pytest.mark.parametrize(
    ("angles", "success", "distance"),
    [
        ([-0.4, -0.1], False, 0.8),
        ([-1.2, -0.89], False, 0.01),
        ([0.0, -0.9], True, 0.0),
        ([-0.9, -1.4], True, 0.0),
    ],
)
def test_a_door_counts_as_open_where_it_stands_open_at_the_end(door, angles, success, distance):
    states = np.zeros((door.T, door.dX))
    states[-2:, door.layout["hinge"]] = np.array(angles)[:, None]
    outcome = door.success(0, states)
    assert outcome.success is success
    assert outcome.distance == pytest.approx(distance)


def test_a_door_whose_angle_is_not_finite_is_not_open(door):
    states = np.full((door.T, door.dX), -2.0)
    states[-1] = np.nan
    assert door.success(0, states).success is False


def test_bases_stand_at_the_corners_of_a_square_and_are_tested_within_it(door):
    bases = np.array([[0.35, 0.5, 0.3] - c.bodies["door_frame"] for c in door.conditions])
    np.testing.assert_allclose(bases[:4, :2], [[0, 0], [0, 0.1], [0.1, 0], [0.1, 0.1]], atol=1e-12)
    tests = door.guided.tests["square"].conditions
    assert (len(tests), min(tests)) == (100, 4)
    drawn = bases[list(tests)]
    assert drawn[:, :2].min() > 0 and drawn[:, :2].max() < 0.1
    assert not np.abs(drawn[:, 2]).max() > 1e-12
    assert np.all(np.abs(np.mean(drawn[:, :2], axis=0) - 0.05) < 0.01)


def test_the_reachers_cost_is_the_distance(reacher):
    x = np.random.default_rng(1).normal(size=(100, reacher.dX))
    target = reacher.conditions[5].targets["target"]
    terms = reacher.cost(5).evaluate_terms(x, np.zeros((100, 2)))
    np.testing.assert_allclose(
        terms["distance"], loss(x[:, reacher.layout["fingertip"]] - target, 0, 1)
    )


def test_the_reachers_conditions_are_drawn_as_gym_draws_them(reacher):
    trained, tested = reacher.learning.conditions, reacher.guided.tests["test"].conditions
    assert (len(trained), len(tested)) == (16, 300)
    assert not set(trained) & set(tested)
    drawn = [reacher.conditions[i] for i in tested]
    radii = np.array([np.linalg.norm(c.targets["target"]) for c in drawn])
    assert radii.max() <= 0.2
    assert np.mean(radii < 0.1) == pytest.approx(0.25, abs=0.07)  # uniform over the disc
    angles = np.array([c.start for c in drawn])
    assert 0.09 < np.abs(angles).max() <= 0.1
    for condition in drawn:
        np.testing.assert_array_equal(condition.targets["target"], condition.bodies["target"])
