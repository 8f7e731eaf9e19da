import numpy as np
import pytest

from pilqr_ros.authoring.choices import MAX_NOISE, SPREAD, choose_noise
from pilqr_ros.authoring.hold import ArmDynamics, choose_gains

ARM = ArmDynamics(np.diag([2.0, 0.5]), np.array([0.3, 0.0]), np.zeros(2))
GAINS = choose_gains(ARM, 0.05, 4.0, 0.7)
JACOBIAN = np.array([[0.5, 0.2], [0.0, 0.3], [0.0, 0.0]])


def test_noise_is_in_proportion_to_the_inertia_and_spreads_the_tip_as_wanted():
    noise = choose_noise(ARM, GAINS, JACOBIAN, np.array([50.0, 50.0]))
    assert noise.std[0] / noise.std[1] == pytest.approx(4.0)
    assert noise.spread == pytest.approx(SPREAD)
    longer = choose_noise(ARM, GAINS, 2.0 * JACOBIAN, np.array([50.0, 50.0]))
    np.testing.assert_allclose(longer.std, noise.std / 2.0)


def test_noise_stays_a_part_of_the_torque_limits():
    noise = choose_noise(ARM, GAINS, JACOBIAN, np.array([50.0, 0.01]))
    assert noise.std[1] == pytest.approx(MAX_NOISE * 0.01)
    assert noise.spread < SPREAD


def test_the_spread_is_what_a_finer_integration_of_the_same_arm_gives():
    """The largest over time of the spread over rollouts, by many small steps of each joint."""
    noise = choose_noise(ARM, GAINS, JACOBIAN, np.array([50.0, 50.0]))
    rng, step, samples = np.random.default_rng(5), 0.005, 400
    grid = rng.standard_normal((samples, 130, 2))
    kernel = np.exp(-0.5 * (np.arange(-8, 9) / 2.0) ** 2)
    kernel /= np.linalg.norm(kernel)
    smooth = np.apply_along_axis(lambda one: np.convolve(one, kernel, "valid"), 1, grid)
    q, qd, squares = np.zeros((samples, 2)), np.zeros((samples, 2)), []
    for t in range(100):
        u = noise.std * smooth[:, t] - GAINS.stiffness * q - GAINS.damping * qd
        for _ in range(10):
            qd = qd + step * (u - ARM.friction * qd) / ARM.mass.diagonal()
            q = q + step * qd
        squares.append(np.mean(np.sum((q @ JACOBIAN.T) ** 2, axis=1)))
    assert np.sqrt(max(squares)) == pytest.approx(noise.spread, rel=0.2)
