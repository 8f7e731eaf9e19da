import numpy as np
import pytest

from pilqr_ros.trajopt.finite import all_finite


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 3, 6])
def test_one_entry_that_is_not_finite_is_seen_wherever_it_is(bad, at):
    values = np.linspace(-1.0, 1.0, 7)
    values[at] = bad
    assert not all_finite(values)


def test_numbers_however_large_are_finite():
    assert all_finite(np.array([1.7e308, -1.7e308, 5e-324, 0.0]))
    assert all_finite(np.zeros(0))
