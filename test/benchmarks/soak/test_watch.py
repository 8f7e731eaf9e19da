"""The soak's judge of torques, fed with safe and unsafe ones."""

import numpy as np
import pytest

from pilqr_ros.tasks import load_task

pytest.importorskip("rclpy", reason="ROS 2 is not in this environment")
from pilqr_ros.benchmarks.soak.watch import TorqueWatch

PERIOD = 50_000_000
SENSOR = 10_000_000


@pytest.fixture
def watch():
    return TorqueWatch(load_task("hockey"), SENSOR)


def effort(value):
    return np.full(7, float(value))


def feed(watch, *samples, period=PERIOD):
    """Take torques one after the other; return the problems."""
    return [
        problem
        for number, value in enumerate(samples)
        if (problem := watch.on_applied(number * period, effort(value)))
    ]


def test_slow_changes_within_the_limits_are_safe(watch):
    assert feed(watch, 0, 4, 8, 4, -0.5, 0) == []
    assert watch.ticks == 6
    assert not watch.unsafe


def test_zero_may_come_at_once(watch):
    assert feed(watch, 4, 8, 0) == []


@pytest.mark.parametrize(
    ("samples", "kind"),
    [((0, np.nan), "not finite"), ((0, 1e3), "beyond limit"), ((0, 4, -4), "too fast")],
)
def test_each_kind_of_unsafe_torque_is_seen(watch, samples, kind):
    assert len(feed(watch, *samples)) == 1
    assert dict(watch.unsafe) == {kind: 1}


def test_a_torque_held_for_too_long_is_seen_at_every_tick(watch):
    assert feed(watch, *[3.0] * 16, period=SENSOR) == []
    problems = [watch.on_applied(n * SENSOR, effort(3.0)) for n in range(16, 20)]
    assert watch.unsafe["held"] == sum(map(bool, problems)) > 0


def test_zero_may_be_held_for_ever(watch):
    assert feed(watch, *[0.0] * 100) == []


def test_commands_are_judged_too(watch):
    assert watch.on_command(effort(1.0)) == ""
    assert "2 torques" in watch.on_command(np.zeros(2))
    assert watch.on_command(effort(np.inf))
    assert watch.commands == 3
    assert dict(watch.unsafe) == {"size": 1, "not finite": 1}
