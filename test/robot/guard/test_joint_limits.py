import numpy as np
import pytest

from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.joint_limits import JointLimits
from pilqr_ros.trajopt.errors import ShapeError

REST = np.zeros(2)
CENTRE = np.array([0.0, 0.0])


def limits(**changes):
    values = {
        "joints": ("shoulder", "elbow"),
        "effort": np.array([10.0, 5.0]),
        "lower": np.array([-1.0, -np.inf]),
        "upper": np.array([2.0, np.inf]),
        "margin": np.array([0.1, 0.1]),
        "speed": np.array([3.0, np.inf]),
        "tolerance": 0.05,
        "overspeed": 1.5,
    }
    return JointLimits(**(values | changes))


@pytest.mark.parametrize("torque", [-10.0, 0.0, 10.0])
def test_in_the_middle_everything_passes(torque):
    u = np.array([torque, 0.5 * torque])
    passed = limits().limit(u, CENTRE, REST)
    np.testing.assert_array_equal(passed.effort, u)
    assert (passed.interventions, passed.detail) == (Intervention.NONE, "")


@pytest.mark.parametrize(
    ("q", "u", "allowed"),
    [
        (1.89, 10.0, 10.0),
        (1.95, 10.0, 5.0),
        (1.95, 4.0, 4.0),
        (2.0, 10.0, 0.0),
        (2.04, 10.0, 0.0),
        (2.04, -10.0, -10.0),
        (-0.925, -10.0, -7.5),
        (-1.0, -3.0, 0.0),
        (-1.04, 10.0, 10.0),
    ],
)
def test_torque_toward_a_bound_fades_within_the_margin_and_torque_away_passes(q, u, allowed):
    passed = limits().limit(np.array([u, 5.0]), np.array([q, 100.0]), REST)
    np.testing.assert_allclose(passed.effort, [allowed, 5.0], atol=1e-12)
    cut = not np.isclose(allowed, u)
    assert passed.interventions == (Intervention.JOINT_BOUND if cut else Intervention.NONE)
    if cut:
        assert passed.detail == f"shoulder at {q:.4g} rad: {u:.4g} N m toward its bound"


@pytest.mark.parametrize(
    ("qd", "u", "allowed"),
    [
        (2.6, 10.0, 10.0),
        (2.85, 10.0, 5.0),
        (3.0, 10.0, 0.0),
        (4.0, 10.0, 0.0),
        (4.0, -10.0, -10.0),
        (-3.1, -10.0, 0.0),
        (-3.1, 10.0, 10.0),
    ],
)
def test_torque_toward_more_speed_fades_before_the_limit_and_braking_passes(qd, u, allowed):
    passed = limits().limit(np.array([u, -5.0]), CENTRE, np.array([qd, -100.0]))
    np.testing.assert_allclose(passed.effort, [allowed, -5.0], atol=1e-9)
    cut = not np.isclose(allowed, u)
    assert passed.interventions == (Intervention.JOINT_SPEED if cut else Intervention.NONE)
    if cut:
        assert passed.detail == f"shoulder at {qd:.4g} rad/s: {u:.4g} N m toward more speed"


def test_bound_and_speed_are_told_together():
    passed = limits().limit(np.array([8.0, 0.0]), np.array([1.95, 0.0]), np.array([3.0, 0.0]))
    assert passed.interventions == Intervention.JOINT_BOUND | Intervention.JOINT_SPEED
    assert "toward its bound; shoulder at 3 rad/s: 5 N m toward more speed" in passed.detail


@pytest.mark.parametrize("q", [2.06, -1.06])
def test_beyond_bound_and_tolerance_is_a_fault(q):
    assert limits().fault(np.array([q, 0.0]), REST) == f"shoulder {q} rad out of bounds"


@pytest.mark.parametrize("qd", [4.6, -4.6])
def test_far_over_the_speed_limit_is_a_fault(qd):
    fault = limits().fault(CENTRE, np.array([qd, 0.0]))
    assert fault == f"shoulder {qd} rad/s far over its speed limit"


def test_a_little_beyond_is_none():
    assert limits().fault(np.array([2.04, 100.0]), np.array([4.4, 100.0])) == ""


@pytest.mark.parametrize(
    ("q", "qd", "clear"),
    [
        ((1.89, 9.0), (2.69, 99.0), True),
        ((-0.89, -9.0), (-2.69, -99.0), True),
        ((1.91, 0.0), (0.0, 0.0), False),
        ((-0.91, 0.0), (0.0, 0.0), False),
        ((0.0, 0.0), (2.71, 0.0), False),
        ((0.0, 0.0), (-2.71, 0.0), False),
    ],
)
def test_clear_is_where_every_torque_passes(q, qd, clear):
    q, qd = np.array(q), np.array(qd)
    assert limits().clear(q, qd) == clear
    torques = (np.array([10.0, 5.0]), np.array([-10.0, -5.0]))
    passed = all(limits().limit(u, q, qd).interventions == 0 for u in torques)
    assert passed == clear
    assert limits().fault(q, qd) == ""


def test_limits_of_a_wrong_size_are_refused():
    with pytest.raises(ShapeError, match=r"margin has shape \(3,\), expected \(2,\) as joints"):
        limits(margin=np.ones(3))
