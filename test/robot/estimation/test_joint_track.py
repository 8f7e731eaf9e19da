"""Joints that jump, and joints that turn without end, on stamps of 100 Hz."""

import numpy as np
import pytest

from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.estimation.joint_track import CONSISTENT, JointMotion, JointTrack
from pilqr_ros.tasks import load_task

MS = 1_000_000
PERIOD = 50 * MS
SPEED = 3.0


class Driver:
    """Tells the joints of an arm: an elbow with bounds and a base without."""

    def __init__(self):
        motion = JointMotion(np.array([SPEED, np.inf]), np.array([False, True]), 3 * PERIOD, PERIOD)
        self.track = JointTrack(("elbow", "base"), motion)
        self.stamp = 1000 * MS

    def tell(self, elbow=0.0, base=0.0, speeds=(0.0, 0.0), after=10 * MS):
        self.stamp += after
        return self.track.follow(self.stamp, np.array([elbow, base]), np.array(speeds))


@pytest.fixture
def driver():
    driver = Driver()
    driver.tell()
    return driver


def test_a_joint_that_moves_as_fast_as_it_may_is_followed(driver):
    at = 0.0
    for _ in range(100):
        at += SPEED * 0.01
        assert driver.tell(at, speeds=(SPEED, 0.0))[0] == at
    assert driver.track.jump == ""


@pytest.mark.parametrize("jump", [0.3, -0.3, 3.0])
def test_a_joint_that_jumps_is_named_and_stays_a_fault_for_a_control_period(driver, jump):
    with pytest.raises(StateError, match=r"elbow jumps by [0-9.]+ in 10\.0 ms, allowed: 0\.\d+"):
        driver.tell(jump)
    jumped = driver.stamp
    while driver.stamp < jumped + PERIOD - 10 * MS:
        driver.tell(0.0)
        assert "elbow jumps" in driver.track.jump
    driver.tell(0.0)
    assert driver.track.jump == ""


def test_the_speed_that_is_told_says_how_far_a_joint_can_have_come(driver):
    """Neither may a joint come far that tells to be at rest, however fast it could be."""
    assert driver.tell(base=0.35, speeds=(0.0, 20.0))[1] == 0.35
    driver.tell(base=0.35)
    with pytest.raises(StateError, match="base jumps"):
        driver.tell(base=0.7)


def test_a_joint_that_stays_where_it_jumped_to_is_believed_and_valid_a_period_later(driver):
    for _ in range(CONSISTENT - 1):
        with pytest.raises(StateError):
            driver.tell(0.5)
    assert driver.tell(0.5)[0] == 0.5
    assert driver.track.jump
    for _ in range(5):
        driver.tell(0.5)
    assert driver.track.jump == ""


def test_an_encoder_that_changes_its_mind_again_and_again_is_never_valid(driver):
    jumped = False
    for i in range(100):
        try:
            driver.tell(0.5 if i % 10 < 5 else 0.0)
        except StateError:
            jumped = True
        assert bool(driver.track.jump) == jumped


def test_after_a_gap_a_new_track_begins(driver):
    assert driver.tell(2.0, after=1000 * MS)[0] == 2.0
    assert driver.track.jump == ""


def test_a_gap_does_not_shorten_a_jump_that_is_a_fault(driver):
    with pytest.raises(StateError):
        driver.tell(1.0, after=3 * PERIOD)
    driver.tell(1.0)
    assert driver.track.jump


def test_a_driver_that_starts_anew_begins_a_new_track(driver):
    with pytest.raises(StateError):
        driver.tell(0.5)
    assert driver.tell(0.5, after=-500 * MS)[0] == 0.5
    assert driver.track.jump == ""


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_an_endless_joint_is_followed_through_its_wraps(driver, direction):
    true = 0.0
    for _ in range(1000):  # more than five turns
        true += direction * 0.04
        told = np.remainder(true + np.pi, 2 * np.pi) - np.pi
        followed = driver.tell(base=told, speeds=(0.0, 4.0))
        assert followed[1] == pytest.approx(true, abs=1e-9)
    assert driver.track.jump == ""


def test_only_a_joint_without_bounds_wraps(driver):
    driver.tell(3.1, after=1000 * MS)
    with pytest.raises(StateError, match="elbow jumps"):
        driver.tell(-3.1)


def test_a_position_that_did_not_wrap_is_what_was_told(driver):
    q = np.array([0.1, 0.2])
    assert driver.track.follow(driver.stamp, 0.1 * q, np.zeros(2))[0] == 0.1 * q[0]


def test_hockeys_joints_wrap_where_the_robots_description_gives_no_bounds():
    task = load_task("hockey")
    motion = JointMotion.of(task, task.dU, PERIOD)
    unbounded = np.isinf(task.position_limits).all(axis=1)
    np.testing.assert_array_equal(motion.endless, unbounded)
    assert 0 < motion.endless.sum() < task.dU
    assert (motion.speed >= task.velocity_limits).all()
