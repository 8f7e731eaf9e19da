from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilqr_ros.nodes.messages import conversions as convert
from pilqr_ros.robot.execution.errors import MessageError
from pilqr_ros.robot.execution.fields import rollout_from_message
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.trajopt.tvlg import TVLGPolicy

sizes = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32))


def random_rollout(T, dX, dU, seed):
    rng = np.random.default_rng(seed)
    return Rollout(
        condition=int(rng.integers(5)),
        seed=int(rng.integers(2**64, dtype=np.uint64)),
        states=rng.standard_normal((T, dX)),
        commanded=rng.standard_normal((T, dU)),
        applied=rng.standard_normal((T, dU)),
        noise=rng.standard_normal((T, dU)),
        stamps=np.cumsum(rng.integers(1, 2**40, T)),
        valid=bool(rng.integers(2)),
        reason="because",
        interventions=rng.integers(2**10, size=T),
        ticks=np.cumsum(rng.integers(1, 2**40, T))[: T * int(rng.integers(2))],
    )


def random_policy(T, dX, dU, seed):
    rng = np.random.default_rng(seed)
    return TVLGPolicy(
        rng.standard_normal((T, dU, dX)),
        rng.standard_normal((T, dU)),
        rng.standard_normal((T, dU, dU)),
    )


@given(sizes)
def test_a_rollout_comes_back_as_it_was(size):
    rollout = random_rollout(*size)
    message = convert.rollout_to_message(rollout, "hockey")
    back = rollout_from_message(message)
    for name in Rollout.__annotations__:
        np.testing.assert_array_equal(getattr(back, name), getattr(rollout, name))
    assert message.task == "hockey"
    assert convert.to_nanoseconds(message.header.stamp) == rollout.stamps[0]


@given(sizes)
def test_a_policy_comes_back_as_it_was(size):
    policy = random_policy(*size)
    back = convert.policy_from_message(convert.policy_to_message(policy))
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(back, name), getattr(policy, name))


@given(st.integers(0, 2**31 * 10**9 - 1))
def test_a_stamp_comes_back_as_it_was(nanoseconds):
    assert convert.to_nanoseconds(convert.to_time(nanoseconds)) == nanoseconds


def test_a_rollout_without_steps_comes_back():
    message = convert.rollout_to_message(random_rollout(1, 3, 2, 0), "hockey")
    empty = type(message)(reason="not started")
    assert rollout_from_message(empty).T == 0


@pytest.mark.parametrize("field", ["states", "commanded", "applied", "noise", "stamps"])
def test_a_rollout_of_a_wrong_size_names_the_field(field):
    message = convert.rollout_to_message(random_rollout(4, 3, 2, 0), "hockey")
    kind = "q" if field == "stamps" else "d"
    setattr(message, field, array(kind, [0] * 5))
    with pytest.raises(MessageError, match=rf"^{field} has 5 entries, expected \d+ \(T"):
        rollout_from_message(message)


@pytest.mark.parametrize("field", ["feedback_gains", "feedforward", "noise_factors"])
def test_a_policy_of_a_wrong_size_names_the_field(field):
    message = convert.policy_to_message(random_policy(4, 3, 2, 0))
    setattr(message, field, array("d", [0.0]))
    with pytest.raises(MessageError, match=f"^{field} has 1 entries"):
        convert.policy_from_message(message)


def test_a_view_shares_the_memory_of_its_field():
    field = convert.to_field([1.0, 2.0])
    convert.view_field(field)[:] = [3.0, 4.0]
    assert list(field) == [3.0, 4.0]
