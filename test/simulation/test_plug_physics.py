"""The socket takes a plug that is aligned, and no other, however hard it is pushed."""

import numpy as np
import pytest

from pilqr_ros.robot.estimation.kinematics import RobotKinematics
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import load_task

STIFFNESS = np.array([600, 600, 300, 300, 120, 120, 60.0])
DAMPING = 1.2 * np.sqrt(STIFFNESS)
BACK, THROUGH = -0.03, 0.01


@pytest.fixture(scope="module")
def plug():
    return load_task("plug")


@pytest.fixture(scope="module")
def kinematics(plug):
    return RobotKinematics(plug.robot_model, plug.joints, plug.points)


def points(kinematics, q):
    return kinematics.points(q, np.zeros(7))[0].ravel()


def solve(kinematics, q, target):
    """Inverse kinematics of the plug's three points by damped least squares."""
    for _ in range(50):
        J = np.column_stack(
            [
                (points(kinematics, q + h) - points(kinematics, q - h)) / 2e-6
                for h in 1e-6 * np.eye(7)
            ]
        )
        error = target - points(kinematics, q)
        q = q + J.T @ np.linalg.solve(J @ J.T + 1e-4 * np.eye(9), error)
    assert np.abs(target - points(kinematics, q)).max() < 1e-6
    return q


def push(plug, kinematics, aside):
    """Push at the slots, off by (y, z); return the last states and the deepest overlap."""
    start = plug.conditions[0]
    inside = np.concatenate([start.targets[f"{name}_in_socket"] for name in plug.points])
    before, beyond = (inside + np.tile([x, *aside], 3) for x in (BACK, THROUGH))
    front = solve(kinematics, start.start, before)
    pushed = solve(kinematics, front, beyond)
    world, deepest = World(plug), 0.0
    world.reset(0, seed=0, jitter=False)
    for i in range(500):
        if i < 250:
            reference = start.start + (front - start.start) * min(1.0, i / 200)
        else:
            reference = front + (pushed - front) * min(1.0, (i - 250) / 150)
        readings = world.sense()
        effort = STIFFNESS * (reference - readings.positions) - DAMPING * readings.velocities
        world.advance(np.clip(effort, -plug.torque_limits, plug.torque_limits), 0.01)
        deepest = min([deepest, *(contact.dist for contact in world.data.contact)])
    readings = world.sense()
    states = np.zeros((plug.T, plug.dX))
    states[-1, 14:] = points(kinematics, readings.positions)
    return states, deepest


@pytest.mark.parametrize("aside", [(0.0, 0.0), (0.0008, 0.0), (0.0, -0.0008)])
def test_an_aligned_plug_goes_in(plug, kinematics, aside):
    states, deepest = push(plug, kinematics, aside)
    outcome = plug.success(0, states)
    assert outcome.success
    assert outcome.distance < 0.002
    assert deepest > -0.001


@pytest.mark.parametrize("aside", [(0.003, 0.0), (0.0, 0.003), (0.01, -0.01)])
def test_a_plug_that_is_aside_stays_out(plug, kinematics, aside):
    states, deepest = push(plug, kinematics, aside)
    outcome = plug.success(0, states)
    assert not outcome.success
    assert outcome.distance > 0.015
    assert deepest > -0.001


def test_the_slots_are_one_millimetre_wider_than_the_prongs_on_every_side(plug):
    model = plug.world_model
    prong = model.geom("robot/tool/upper_prong")
    mount = 0.00635
    left, between, above = (model.geom(name) for name in ("left", "between", "above"))
    assert left.pos[1] - left.size[1] - prong.size[1] == pytest.approx(0.001)
    assert (mount - prong.size[2]) - (between.pos[2] + between.size[2]) == pytest.approx(0.001)
    assert (above.pos[2] - above.size[2]) - (mount + prong.size[2]) == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("off", "success"),
    [
        ((-0.006, 0, 0), True),
        ((-0.0065, 0, 0), False),
        ((0, 0.0039, 0), True),
        ((0, 0, 0.0041), False),
    ],
)
def test_success_is_more_than_sixty_percent_in_and_not_aside(plug, off, success):
    states = np.zeros((plug.T, plug.dX))
    states[-1, 14:17] = np.array([0.816, -0.25, 0.8]) + off
    assert plug.success(0, states).success is success
