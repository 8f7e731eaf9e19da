import numpy as np
import pytest

from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.partial_step import part_of_step
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def drawn(seed, scale):
    rng = np.random.default_rng(seed)
    L = np.tril(rng.standard_normal((4, 2, 2)))
    L[:, [0, 1], [0, 1]] = scale * (0.1 + np.abs(L[:, [0, 1], [0, 1]]))
    return TVLGPolicy(rng.standard_normal((4, 2, 3)), rng.standard_normal((4, 2)), L)


@pytest.fixture
def ends():
    return drawn(0, 1e-3), drawn(1, 10.0)


def test_no_share_is_the_first_policy_itself(ends):
    assert part_of_step(*ends, 0.0) is ends[0]


def test_the_whole_share_is_the_second_policy(ends):
    whole = part_of_step(*ends, 1.0)
    for name in ("K", "k", "L"):
        np.testing.assert_allclose(getattr(whole, name), getattr(ends[1], name), atol=1e-12)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
def test_the_mean_action_moves_linearly_and_the_covariance_stays_definite(ends, share):
    part, x = part_of_step(*ends, share), np.array([0.3, -2.0, 1.0])
    for t in range(4):
        expected = (1 - share) * ends[0].mean(t, x) + share * ends[1].mean(t, x)
        np.testing.assert_allclose(part.mean(t, x), expected, atol=1e-12)
        assert np.linalg.eigvalsh(part.covariance[t]).min() > 0.0
        lows = [np.linalg.eigvalsh(end.covariance[t]).min() for end in ends]
        assert np.linalg.eigvalsh(part.covariance[t]).min() >= min(lows) - 1e-12


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(ends, share):
    with pytest.raises(SettingError, match="share"):
        part_of_step(*ends, share)
