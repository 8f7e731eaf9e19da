"""What a new task begins with: the hold without numbers, and what is said of it."""

import numpy as np
import pytest

from pilqr_ros.authoring.choices import simulated
from pilqr_ros.authoring.hold import ArmDynamics
from pilqr_ros.tasks.initial_policy import Hold

ARM = ArmDynamics(np.array([[2.0, 0.3], [0.3, 0.5]]), np.array([0.3, 0.0]), np.zeros(2))
HOLD = Hold(16.0 * ARM.mass, 5.6 * ARM.mass, 0.4 * np.linalg.cholesky(ARM.mass))
JACOBIAN = np.array([[0.5, 0.2], [0.0, 0.3], [0.0, 0.0]])


def test_the_spread_is_in_proportion_to_the_noise_and_to_the_arms_length():
    spread, torques = simulated(ARM, HOLD, JACOBIAN)
    twice, doubled = simulated(ARM, HOLD._replace(L=2.0 * HOLD.L), JACOBIAN)
    assert twice == pytest.approx(2.0 * spread)
    np.testing.assert_allclose(doubled, 2.0 * torques)
    assert simulated(ARM, HOLD, 3.0 * JACOBIAN)[0] == pytest.approx(3.0 * spread)


def test_spread_and_torques_are_what_a_finer_integration_of_the_same_arm_gives():
    """The largest over time of the spread over rollouts, by many small steps."""
    spread, torques = simulated(ARM, HOLD, JACOBIAN)
    rng, step, samples = np.random.default_rng(5), 0.005, 400
    grid = rng.standard_normal((samples, 130, 2))
    kernel = np.exp(-0.5 * (np.arange(-8, 9) / 2.0) ** 2)
    kernel /= np.linalg.norm(kernel)
    smooth = np.apply_along_axis(lambda one: np.convolve(one, kernel, "valid"), 1, grid)
    inverse = np.linalg.inv(ARM.mass)
    q, qd, squares, efforts = np.zeros((samples, 2)), np.zeros((samples, 2)), [], []
    for t in range(100):
        u = smooth[:, t] @ HOLD.L.T - q @ HOLD.stiffness - qd @ HOLD.damping
        for _ in range(10):
            qd = qd + step * (u - qd * ARM.friction) @ inverse
            q = q + step * qd
        squares.append(np.mean(np.sum((q @ JACOBIAN.T) ** 2, axis=1)))
        efforts.append(np.mean(u**2, axis=0))
    assert np.sqrt(max(squares)) == pytest.approx(spread, rel=0.2)
    np.testing.assert_allclose(np.sqrt(np.mean(efforts, axis=0)), torques, rtol=0.1)
