import numpy as np
import pytest

from pilqr_ros.authoring.hold import (
    ArmDynamics,
    choose_gains,
    leading_joint,
    ringing,
    sample,
    spectral_radius,
)


def arm(mass, friction=None):
    n = len(mass)
    return ArmDynamics(
        np.array(mass, dtype=float),
        np.zeros(n) if friction is None else np.array(friction, dtype=float),
        np.zeros(n),
    )


def test_a_free_mass_is_sampled_as_a_double_integrator():
    A, B = sample(arm([[2.0]]), 0.1)
    np.testing.assert_allclose(A, [[1, 0.1], [0, 1]], atol=1e-12)
    np.testing.assert_allclose(B, [[0.1**2 / 2 / 2.0], [0.1 / 2.0]], atol=1e-12)


def test_friction_slows_a_mass_exponentially():
    A, _ = sample(arm([[2.0]], [4.0]), 0.1)
    assert A[1, 1] == pytest.approx(np.exp(-4.0 / 2.0 * 0.1))


def test_damping_beyond_twice_the_inertia_a_period_is_unstable():
    sampled = sample(arm([[1.0]]), 0.05)
    stable = sampled.closed(np.array([0.0]), np.array([39.0]))
    unstable = sampled.closed(np.array([0.0]), np.array([41.0]))
    assert spectral_radius(stable) == pytest.approx(1.0)  # the position itself stays where it is
    assert ringing(stable) == pytest.approx(0.95)
    assert spectral_radius(unstable) == pytest.approx(1.05)


def test_the_joint_that_grows_is_named():
    sampled = sample(arm([[1.0, 0.0], [0.0, 0.1]]), 0.05)
    assert leading_joint(sampled.closed(np.ones(2), np.array([5.0, 5.0]))) == 1


def test_chosen_gains_have_the_frequency_and_damping_ratio_that_were_asked_for():
    gains = choose_gains(arm([[3.0]], [1.0]), 0.001, 4.0, 0.7)
    values = np.linalg.eigvals(sample(arm([[3.0]], [1.0]), 0.001).closed(*gains[:2]))
    poles = np.log(values.astype(complex)) / 0.001
    np.testing.assert_allclose(np.abs(poles), 4.0, rtol=0.01)
    np.testing.assert_allclose(-poles.real / np.abs(poles), 0.7, rtol=0.01)


def test_gains_that_would_be_unstable_as_sampled_are_softened():
    coupled = arm([[1.0, 0.09], [0.09, 0.01]])
    gains = choose_gains(coupled, 0.1, 30.0, 0.7)
    assert gains.frequency < 30.0
    assert spectral_radius(sample(coupled, 0.1).closed(*gains[:2])) < 1.0


def test_a_joints_inertia_is_what_it_feels_while_the_others_are_free():
    coupled = arm([[1.0, 0.5], [0.5, 0.5]])
    accelerations = np.linalg.solve(coupled.mass, np.eye(2))
    np.testing.assert_allclose(coupled.inertias, 1.0 / accelerations.diagonal())
