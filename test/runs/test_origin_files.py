import numpy as np
import pytest

from pilqr_ros.runs.atomic import read_arrays, write_arrays
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.origin_files import Taken, packed, read_taken
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.tvlg import TVLGPolicy

T, DX, DU, N = 5, 3, 2, 4


@pytest.fixture
def taken():
    rng = np.random.default_rng(0)
    policy = TVLGPolicy(
        rng.normal(size=(T, DU, DX)), rng.normal(size=(T, DU)), np.tile(np.eye(DU), (T, 1, 1))
    )
    batches = [
        Batch(
            states=rng.normal(size=(N, T, DX)),
            actions=rng.normal(size=(N, T, DU)),
            noise=rng.normal(size=(N, T, DU)),
            costs=rng.normal(size=(N, T)),
        )
        for _ in range(2)
    ]
    return Taken(policy, tuple(batches))


def test_what_was_taken_comes_back_bit_for_bit_and_in_order(taken, tmp_path):
    path = tmp_path / "condition_0.npz"
    path.write_bytes(packed(taken))
    again = read_taken(path)
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(again.policy, name), getattr(taken.policy, name))
    assert len(again.batches) == 2
    for one, other in zip(again.batches, taken.batches, strict=True):
        for name in ("states", "actions", "noise", "costs"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_policy_may_be_taken_without_samples(taken, tmp_path):
    path = tmp_path / "condition_0.npz"
    path.write_bytes(packed(Taken(taken.policy)))
    assert read_taken(path).batches == ()


@pytest.mark.parametrize("name", ["K", "states", "costs"])
def test_arrays_that_do_not_fit_together_are_refused_with_the_file(taken, tmp_path, name):
    path = tmp_path / "condition_0.npz"
    path.write_bytes(packed(taken))
    arrays = read_arrays(path)
    write_arrays(path, arrays | {name: arrays[name][:1]})
    with pytest.raises(RunError, match=r"condition_0\.npz"):
        read_taken(path)
