import numpy as np

from pilqr_ros.datasets.statistics import statistics


def test_each_column_has_its_own_figures():
    values = np.stack([np.arange(101.0), np.full(101, 7.0)], axis=1)
    found = statistics(values)
    assert (found["min"], found["max"], found["mean"]) == ([0.0, 7.0], [100.0, 7.0], [50.0, 7.0])
    np.testing.assert_allclose(found["std"], [np.sqrt((101**2 - 1) / 12), 0.0])
    assert [found[name][0] for name in ("q01", "q10", "q50", "q90", "q99")] == [1, 10, 50, 90, 99]
    assert found["count"] == [101]


def test_flags_are_counted_as_numbers():
    assert statistics(np.array([[True], [False], [False], [False]]))["mean"] == [0.25]
