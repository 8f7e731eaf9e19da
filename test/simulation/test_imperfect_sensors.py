import numpy as np
import pytest

from pilqr_ros.simulation.imperfect_sensors import Imperfections, ImperfectSensors
from pilqr_ros.simulation.world import World

MS = 1_000_000


@pytest.fixture
def run(hockey):
    """Return what comes out of imperfect sensors at 100 Hz, with the true readings."""

    def outputs(count=400, **imperfections):
        world, sensors = World(hockey), ImperfectSensors(Imperfections(**imperfections))
        world.reset(0, 0, jitter=False)
        pairs = []
        for _ in range(count):
            true = world.sense()
            pairs.append((true, sensors.output(true)))
            world.advance(np.zeros(7), 0.01)
        return pairs

    return outputs


def test_perfect_sensors_change_nothing_at_all(run):
    assert all(output is true for true, output in run(10, seed=3, dropout_ns=5))


def test_noise_has_its_deviation_and_is_a_function_of_the_seed(run):
    noise = {"position_noise": 0.01, "velocity_noise": 0.1, "mocap_noise": 0.001, "seed": 4}
    pairs = run(**noise)
    q = [output.positions - true.positions for true, output in pairs]
    v = [output.velocities - true.velocities for true, output in pairs]
    b = [o.bodies["puck"].position - t.bodies["puck"].position for t, o in pairs]
    for errors, deviation in ((q, 0.01), (v, 0.1), (b, 0.001)):
        assert np.std(errors) == pytest.approx(deviation, rel=0.1)
        assert abs(np.mean(errors)) < 0.2 * deviation
    again = run(5, **noise)
    np.testing.assert_array_equal(again[4][1].positions, pairs[4][1].positions)


def test_a_reading_that_is_read_twice_comes_out_twice(hockey):
    world, sensors = World(hockey), ImperfectSensors(Imperfections(position_noise=0.1))
    world.reset(0, 0, jitter=False)
    first, second = sensors.output(world.sense()), sensors.output(world.sense())
    np.testing.assert_array_equal(first.positions, second.positions)


def test_late_readings_keep_their_stamps(run):
    pairs = run(20, delay_ns=50 * MS)
    assert [output for _, output in pairs[:5]] == [None] * 5
    for true, output in pairs[5:]:
        assert true.stamp_ns - output.stamp_ns == 50 * MS


def test_a_reset_forgets_what_was_on_its_way(hockey):
    world, sensors = World(hockey), ImperfectSensors(Imperfections(delay_ns=20 * MS))
    world.reset(0, 0, jitter=False)
    sensors.output(world.sense())
    report = world.reset(0, 0, jitter=False)
    sensors.reset()
    assert sensors.output(world.sense()) is None
    world.advance(np.zeros(7), 0.02)
    assert sensors.output(world.sense()).stamp_ns == report.stamp_ns


@pytest.mark.parametrize(("dropout_ms", "expected"), [(0, 0.1), (50, 0.36)])
def test_bodies_are_lost_as_often_and_as_long_as_asked(run, dropout_ms, expected):
    pairs = run(3000, dropout=0.1, dropout_ns=dropout_ms * MS)
    lost = [not output.bodies for _, output in pairs]
    # Lost 5 of 5 + 9 readings (a loss of 50 ms, then 1 / 0.1 - 1 readings on average).
    assert np.mean(lost) == pytest.approx(expected, abs=0.04)
