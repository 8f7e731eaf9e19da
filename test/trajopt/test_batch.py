import numpy as np
import pytest

from pilqr_ros.trajopt.batch import Batch, to_go
from pilqr_ros.trajopt.errors import ShapeError, UpdateError


def arrays():
    return dict(
        states=np.zeros((3, 5, 4)),
        actions=np.zeros((3, 5, 2)),
        noise=np.zeros((3, 5, 2)),
        costs=np.zeros((3, 5)),
    )


def test_cost_to_go_sums_from_each_step_to_the_last():
    np.testing.assert_array_equal(to_go(np.array([[1.0, 2.0, 4.0]])), [[7.0, 6.0, 4.0]])


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("states", (5, 4)),
        ("states", (0, 5, 4)),
        ("actions", (3, 4, 2)),
        ("noise", (3, 5, 3)),
        ("costs", (3, 6)),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(name, shape):
    with pytest.raises(ShapeError, match=name):
        Batch(**{**arrays(), name: np.zeros(shape)})


@pytest.mark.parametrize("name", ["states", "actions", "noise", "costs"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_refused_with_its_time_step(name, value):
    broken = arrays()
    broken[name][1, 3] = value
    with pytest.raises(UpdateError, match=f"{name} is not finite at time step 3"):
        Batch(**broken)


def test_a_batch_keeps_frozen_copies():
    given = arrays()
    batch = Batch(**given)
    given["costs"][:] = 1.0
    assert batch.costs.max() == 0.0
    with pytest.raises(ValueError, match="read-only"):
        batch.costs[0, 0] = 1.0
