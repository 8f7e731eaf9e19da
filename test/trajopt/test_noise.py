import numpy as np
import pytest

from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.noise import draw_noise


@pytest.mark.parametrize("smoothing", [0, 0.5, 2.0, 7.0])
def test_every_step_has_unit_variance_to_the_ends(smoothing):
    rng = np.random.default_rng(0)
    noise = np.stack([draw_noise(12, 2, rng, smoothing) for _ in range(8000)])
    assert noise.shape == (8000, 12, 2)
    np.testing.assert_allclose(noise.std(axis=0), 1.0, atol=0.05)
    np.testing.assert_allclose(noise.mean(axis=0), 0.0, atol=0.06)


def test_smoothed_noise_is_correlated_as_the_filter_says():
    rng = np.random.default_rng(1)
    noise = np.stack([draw_noise(10, 1, rng, 2.0)[:, 0] for _ in range(20000)])
    for lag in (1, 3):
        expected = np.exp(-(lag**2) / (4 * 2.0**2))  # Gaussian filtered twice
        for start in (0, 9 - lag):
            assert np.mean(noise[:, start] * noise[:, start + lag]) == pytest.approx(
                expected, abs=0.04
            )


def test_the_same_seed_gives_the_same_noise():
    draws = [draw_noise(5, 3, np.random.default_rng(7), 1.0) for _ in range(2)]
    np.testing.assert_array_equal(*draws)


@pytest.mark.parametrize("smoothing", [-1.0, float("nan"), float("inf")])
def test_a_wrong_smoothing_is_refused(smoothing):
    with pytest.raises(SettingError, match="smoothing"):
        draw_noise(5, 1, np.random.default_rng(0), smoothing)
