"""Masses, frictions and sensors' noise of a rollout are functions of its seed."""

import numpy as np
import pytest

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.randomisation import draw_factors

SLED = """<sensor><force name="pull" site="sled"/></sensor><worldbody>
<geom name="floor" type="plane" size="9 9 .1" pos="0 0 -1" friction=".1 .01 .01"/>
<body name="empty" mocap="true"/>
<body name="sled" pos="0 0 -.95"><site name="sled"/><joint name="x" type="slide" axis="1 0 0"/>
<joint name="z" type="slide" axis="0 0 1"/><geom type="box" size=".05 .05 .05" mass="2"
friction=".3 .01 .01"/></body><body name="wheel" pos="3 0 0"><joint name="spin" axis="0 0 1"
damping=".5"/><geom size=".1" mass="1" contype="0" conaffinity="0"/></body>"""
BLOCKS = [
    {"name": "sled", "kind": "body_position", "of": "sled"},
    {"name": "spin", "kind": "joint_velocities", "joints": "spin"},
    {"name": "pull", "kind": "sensor", "of": "pull"},
]
TWICE = [2.0, 2.0]


@pytest.fixture
def sled(two_joints):
    """Return a function that loads a task of a sled and a wheel with some of it randomised."""

    def load(**randomised):
        def edit(content):
            content["state"] += BLOCKS
            if randomised:
                content["randomised"] = randomised

        return two_joints(scene=("<worldbody>", SLED), edit=edit)

    return load


def started(task, seed=1, jitter=True):
    world = World(task)
    world.reset(0, seed, jitter)
    return world


def joint(world, name):
    return world.model.joint(name).dofadr[0]


def braked(world, speed=1.0):
    """Return how far a sled slides [m], and what speed a wheel keeps after a second [rad/s]."""
    world.data.qvel[joint(world, "x")] = world.data.qvel[joint(world, "spin")] = speed
    world.advance(np.zeros(2), 1.0)
    data = world.data
    return data.body("sled").xpos[0], data.qvel[joint(world, "spin")]


def test_friction_brakes_as_coulomb_says_and_damping_as_an_exponential(sled):
    half_a_step = 0.5 * 0.01
    way, spin = braked(started(sled()))
    assert way == pytest.approx(1 / (2 * 0.3 * 9.81), abs=half_a_step)
    inertia = 0.4 * 1 * 0.1**2
    assert spin == pytest.approx(np.exp(-0.5 / inertia), abs=1e-3)
    way, _ = braked(started(sled(frictions={"sled": TWICE})))
    assert way == pytest.approx(1 / (2 * 0.6 * 9.81), abs=half_a_step)


def test_a_joints_friction_is_multiplied(sled):
    def kept(**randomised):
        world = started(sled(**randomised))
        world.data.qvel[joint(world, "spin")] = 1.0
        world.advance(np.zeros(2), 0.01)
        return world.data.qvel[joint(world, "spin")]

    rate = 0.5 / (0.4 * 0.1**2) * 0.01  # one implicit step of damping
    assert kept() == pytest.approx(1 / (1 + rate), rel=1e-3)
    assert kept(joint_frictions={"spin": TWICE}) == pytest.approx(1 / (1 + 2 * rate), rel=1e-3)


def test_a_mass_is_multiplied_with_its_inertia(sled):
    task = sled(masses={"sled": TWICE, "wheel": [3.0, 3.0]})
    own, world = task.world_model, started(task)
    for name, factor in (("sled", 2.0), ("wheel", 3.0)):
        assert world.model.body(name).mass == factor * own.body(name).mass
        assert np.array_equal(world.model.body(name).inertia, factor * own.body(name).inertia)
    assert own.body("sled").mass[0] == 2.0  # the task's own model stays as it is


def test_what_is_derived_of_masses_follows_them(sled):
    lighter = started(sled()).model.dof_invweight0
    world = started(sled(masses={"sled": TWICE}))
    at = joint(world, "x")
    assert world.model.dof_invweight0[at] == pytest.approx(lighter[at] / 2)


RANGES = {"masses": {"sled": [0.5, 1.5], "wheel": [0.5, 1.5]}, "frictions": {"sled": [0.5, 2.0]}}


def test_factors_are_within_their_ranges_and_functions_of_the_seed(sled):
    given = sled(**RANGES).randomised
    drawn = [draw_factors(given, seed) for seed in (*range(200), 2**64 - 1)]
    assert draw_factors(given, 7) == drawn[7]
    masses = np.array([[one.masses["sled"], one.masses["wheel"]] for one in drawn])
    assert masses.min() >= 0.5 and masses.max() <= 1.5
    assert masses.mean() == pytest.approx(1.0, abs=0.05)
    assert abs(np.corrcoef(masses.T)[0, 1]) < 0.2
    assert len(set(masses[:, 0])) == len(masses)


def test_a_world_draws_anew_at_each_reset_and_nothing_without_jitter(sled):
    task = sled(**RANGES)
    world = World(task)

    def mass(seed, jitter=True):
        world.reset(0, seed, jitter)
        return world.model.body("sled").mass[0]

    first = mass(1)
    assert mass(2) != first
    assert mass(3, jitter=False) == 2.0
    assert mass(1) == first == 2.0 * draw_factors(task.randomised, 1).masses["sled"]


def test_noise_has_its_deviation_and_is_the_same_however_often_it_is_read(sled):
    task = sled(position_noise=0.01, velocity_noise=0.02, mocap_noise=0.03, sensor_noise=0.04)
    world, true = started(task), started(sled())
    errors = []
    for _ in range(300):
        one, again, exact = world.sense(), world.sense(), true.sense()
        assert np.array_equal(one.positions, again.positions)
        readings = (one, exact)
        parts = [np.concatenate([r.positions, r.velocities, r.bodies["sled"].position,
                                 r.sensors["pull"]]) for r in readings]  # fmt: skip
        errors.append(parts[0] - parts[1])
        for each in (world, true):
            each.step(np.zeros(2))
    found = np.std(errors, axis=0)
    n = len(exact.positions)
    wanted = np.repeat([0.01, 0.02, 0.03, 0.04], [n, n, 3, 3])
    assert found == pytest.approx(wanted, rel=0.2)
    assert np.abs(np.corrcoef(np.array(errors).T) - np.eye(2 * n + 6)).max() < 0.25
    world.reset(0, 1, jitter=False)
    assert np.array_equal(world.sense().positions, task.conditions[0].start.tolist() + [0.0])


def test_a_rollout_is_a_function_of_its_seed(sled):
    task = sled(masses={"lower": [0.5, 2.0]}, position_noise=0.01)

    def rollout(seed):
        return InProcessCollector(task).collect(task.initial_policy(0), 0, seed, False, True)

    first, again, other = rollout(1), rollout(1), rollout(2)
    assert first.valid, first.reason
    assert np.array_equal(first.states, again.states)
    assert not np.array_equal(first.states, other.states)


def test_what_was_drawn_is_told_in_words(sled):
    given = sled(masses={"sled": TWICE}, joint_frictions={"spin": [0.5, 0.5]}).randomised
    assert str(draw_factors(given, 1)) == "mass of sled x 2, joint friction of spin x 0.5"
    assert str(draw_factors(sled().randomised, 1)) == ""


WRONG = [
    ({"masses": {"sledge": TWICE}}, r"randomised\.masses\.sledge: 'sledge' is no body"),
    ({"masses": {"empty": TWICE}}, r"randomised\.masses\.empty: the body has no mass"),
    ({"frictions": {"empty": TWICE}}, r"randomised\.frictions\.empty: the body has no geoms"),
    ({"joint_frictions": {"x": TWICE}}, r"joint_frictions\.x: the joint has neither damping nor"),
    ({"masses": {"sled": [2.0, 1.0]}}, r"randomised\.masses\.sled: .*\[least, greatest\]"),
    ({"masses": {"sled": [0.0, 1.0]}}, r"randomised\.masses\.sled.*0"),
    ({"mocap_noise": -1.0}, r"randomised\.mocap_noise: .*0"),
]


@pytest.mark.parametrize(("randomised", "message"), WRONG)
def test_a_wrong_key_is_named(sled, randomised, message):
    with pytest.raises(TaskError, match=message):
        sled(**randomised)
