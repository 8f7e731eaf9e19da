import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transforms3d.axangles import axangle2mat

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.estimation.tracked_body import TrackedBody, Tracking

MS = 1_000_000
PERIOD = 50 * MS


@pytest.fixture
def body():
    return make_body()


def make_body(**changes):
    given = {"max_age_ns": 2 * PERIOD, "window_ns": PERIOD, "speed_limit": 10.0, **changes}
    return TrackedBody("puck", Tracking(PERIOD, **given))


def feed(body, first_ms, last_ms, x=0.0, speed=0.0):
    """Send poses at 100 Hz and return the states' faults at their stamps."""
    faults = []
    for ms in range(first_ms, last_ms + 1, 10):
        try:
            body.on_pose(ms * MS, np.array([x + speed * (ms - first_ms) * 1e-3, 0.0, 0.0]))
        except StateError as error:
            assert "jumps" in str(error)
        faults.append(body.fault(ms * MS))
    return faults


def turn(body, ms, angle, axis=(0, 0, 1)):
    """Send a pose at the origin that is turned, and return the state's fault at its stamp."""
    axes = axangle2mat(axis, angle)
    try:
        body.on_pose(ms * MS, np.concatenate((np.zeros(3), axes.ravel(order="F"))))
    except StateError as error:
        assert "turns by" in str(error)
    return body.fault(ms * MS)


def test_one_outlier_is_passed_over(body):
    feed(body, 0, 100, x=0.1)
    feed(body, 110, 110, x=5.0)
    assert body.fault(110 * MS) == ""
    np.testing.assert_array_equal(body.motion(), [[0.1, 0, 0], [0, 0, 0]])
    assert feed(body, 120, 160, x=0.1) == [""] * 5
    np.testing.assert_array_equal(body.motion(), [[0.1, 0, 0], [0, 0, 0]])


def test_a_lasting_jump_is_a_fault_until_a_period_after_it_is_believed(body):
    feed(body, 0, 100)
    faults = feed(body, 110, 250, x=0.8)
    assert faults[0] == ""  # one outlier
    assert all("jumps by 0.8 m" in fault for fault in faults[1:9])  # 120 to 190 ms
    assert faults[9:] == [""] * 6  # believed at 150 ms, valid from 200 ms
    np.testing.assert_array_equal(body.motion(), [[0.8, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("distance", [0.2, 0.5, 0.8])
def test_every_control_period_sees_a_lasting_jump(body, distance):
    """One that the body could have made by now, too."""
    feed(body, 0, 100)
    faults = feed(body, 110, 400, x=distance)
    for phase in range(5):
        assert any(faults[i] for i in range(phase, 30, 5))


def test_outliers_that_do_not_agree_are_never_believed(body):
    feed(body, 0, 100)
    rng = np.random.default_rng(0)
    for i in range(100):
        feed(body, 110 + 10 * i, 110 + 10 * i, x=rng.uniform(1, 2) * (-1) ** i)
    assert body.fault(1100 * MS)
    assert body.motion()[0][0] == 0.0


def test_a_body_may_be_elsewhere_after_a_gap(body):
    feed(body, 0, 100)
    assert feed(body, 260, 300, x=0.8) == [""] * 5
    np.testing.assert_array_equal(body.motion(), [[0.8, 0, 0], [0, 0, 0]])


@given(st.floats(-9.5, 9.5), st.integers(5, 60))
def test_a_body_below_the_speed_limit_never_jumps(speed, gap_ms):
    body = make_body()
    for i in range(20):
        body.on_pose(i * gap_ms * MS, np.array([speed * i * gap_ms * 1e-3, 0, 0]))
        assert body.fault(i * gap_ms * MS) == ""


@given(st.floats(0.5, 100.0))
def test_without_a_speed_limit_nothing_jumps(distance):
    body = make_body(speed_limit=None)
    feed(body, 0, 50)
    assert feed(body, 60, 60, x=distance) == [""]
    assert body.motion()[0][0] == distance


@pytest.mark.parametrize("window_ms", [50, 100, 200])
@pytest.mark.parametrize("filter_", ["difference", "line"])
def test_a_velocity_is_late_by_half_its_window(filter_, window_ms):
    acceleration = 3.0
    body = make_body(window_ns=window_ms * MS, velocity_filter=filter_)
    for ms in range(0, 1000, 10):
        body.on_pose(ms * MS, np.array([0.5 * acceleration * (ms * 1e-3) ** 2, 0, 0]))
    now = 0.99
    latency = now - body.motion()[1][0] / acceleration
    assert latency == pytest.approx(window_ms * 0.5e-3, abs=1e-9)


def noise_of(filter_, window_ms):
    body, rng = (
        make_body(window_ns=window_ms * MS, velocity_filter=filter_),
        np.random.default_rng(1),
    )
    speeds = []
    for ms in range(0, 20_000, 10):
        body.on_pose(ms * MS, 1e-3 * rng.standard_normal(3))
        speeds.append(body.motion()[1])
    return np.std(speeds[100:])


def test_a_longer_window_and_the_line_make_less_noise():
    assert noise_of("difference", 50) == pytest.approx(np.sqrt(2) * 1e-3 / 0.05, rel=0.1)
    assert noise_of("line", 50) < 0.9 * noise_of("difference", 50)
    assert noise_of("line", 200) < 0.2 * noise_of("difference", 50)


def test_a_line_needs_two_poses_and_serves_with_two(body):
    body = make_body(velocity_filter="line")
    feed(body, 0, 0)
    np.testing.assert_array_equal(body.motion()[1], np.zeros(3))
    body.on_pose(60 * MS, np.array([0.06, 0, 0]))  # slower than the window is long
    np.testing.assert_allclose(body.motion()[1], [1.0, 0, 0])


def test_what_was_sent_before_a_jump_of_the_clock_is_told_from_a_clock_that_differs(body):
    feed(body, 0, 100)
    assert not body.is_before_gap(0)
    feed(body, 1100, 1100)
    assert body.is_before_gap(100 * MS)
    assert not body.is_before_gap(1100 * MS)
    feed(body, 1110, 1200)
    assert body.is_before_gap(100 * MS)
    feed(body, 1210, 1210)
    assert not body.is_before_gap(100 * MS)


def test_a_body_that_was_lost_for_long_makes_no_stamp_of_the_present_old(body):
    feed(body, 0, 100)
    feed(body, 1100, 1100)
    assert not body.is_before_gap(1000 * MS)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)])
@pytest.mark.parametrize("angle", [np.pi, 2 * np.pi / 3, np.pi / 2])
def test_a_set_of_markers_that_flips_to_another_face_in_its_place_is_an_outlier(angle, axis):
    body = make_body(turn_limit=30.0)
    before = [turn(body, ms, 0.1) for ms in range(0, 101, 10)]
    held = body.motion()
    flipped = [turn(body, 110, angle + 0.1, axis)]
    np.testing.assert_array_equal(body.motion(), held)
    back = [turn(body, ms, 0.1) for ms in range(120, 171, 10)]
    assert not any(before + flipped + back), "one is passed over"
    lasting = [turn(body, ms, angle + 0.1, axis) for ms in range(180, 331, 10)]
    assert lasting[0] == ""
    assert all("rad in" in fault and "allowed: 30 rad/s" in fault for fault in lasting[1:9])
    assert lasting[9:] == [""] * 7, "believed, and valid a control period later"
    np.testing.assert_array_equal(body.motion()[1], np.zeros(12))


@given(st.floats(-29.0, 29.0), st.integers(5, 60), st.tuples(*[st.floats(0.1, 1.0)] * 3))
def test_a_body_that_turns_below_the_limit_is_no_outlier(speed, gap_ms, axis):
    body = make_body(turn_limit=30.0)
    for i in range(20):
        assert turn(body, i * gap_ms, speed * i * gap_ms * 1e-3, axis) == ""
        assert body.stamp_ns == i * gap_ms * MS
        np.testing.assert_allclose(
            body.motion()[0][3:],
            axangle2mat(axis, speed * i * gap_ms * 1e-3).ravel(order="F"),
        )


def test_without_a_limit_of_turns_a_flip_is_taken_as_it_is():
    body = make_body()
    assert [turn(body, ms, np.pi * (ms > 50)) for ms in range(0, 101, 10)] == [""] * 11
    assert body.motion()[0][3] == pytest.approx(-1.0)
