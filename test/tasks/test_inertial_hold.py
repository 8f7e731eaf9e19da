import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.inertial_hold import inertial_hold, noise_scale, oscillator_gain
from pilqr_ros.tasks.schema import InitialPolicy
from pilqr_ros.trajopt.noise import draw_noise

ARM = """<mujoco><option gravity="0 0 0"/><worldbody>
  <body><joint name="a" axis="0 1 0" armature="0.1"/>
    <geom type="capsule" fromto="0 0 0 0.5 0 0" size="0.05" mass="3"/>
    <body pos="0.5 0 0"><joint name="b" axis="0 0 1" armature="0.02"/>
      <geom type="capsule" fromto="0 0 0 0.3 0 0" size="0.03" mass="1"/>
      <site name="hand" pos="0.3 0 0"/></body></body>
</worldbody></mujoco>"""
START = np.array([0.3, 0.7])
DT, SMOOTHING = 0.05, 2.0


def build(*, points=("hand",), limits=(1e3, 1e3), **given):
    model = mujoco.MjModel.from_xml_string(ARM)
    initial = InitialPolicy(kind="hold", **given)
    limits = np.array(limits)
    hold = inertial_hold(initial, model, ["a", "b"], START, points, limits, DT, SMOOTHING)
    return model, hold


def simulated_spread(model, stiffness, damping, L, rollouts=150, steps=100):
    """Spread of the hand's position [m] and direction [rad] in the simulator, root mean square."""
    data, rng, site = mujoco.MjData(model), np.random.default_rng(1), 0
    positions, joints = [], []
    for _ in range(rollouts):
        mujoco.mj_resetData(model, data)
        data.qpos[:] = START
        noise = draw_noise(steps, 2, rng, SMOOTHING)
        for t in range(steps):
            torque = L @ noise[t] - stiffness @ (data.qpos - START) - damping @ data.qvel
            for _ in range(round(DT / model.opt.timestep)):
                data.qfrc_applied[:] = torque
                mujoco.mj_step(model, data)
        mujoco.mj_forward(model, data)
        positions.append(data.site_xpos[site].copy())
        joints.append(data.qpos.copy())
    return np.sqrt(np.mean(np.var(positions, axis=0))), np.cov(np.array(joints).T)


def test_the_hand_spreads_as_wanted_in_the_simulator():
    model, gains = build(position_spread=0.03, direction_spread=10.0)
    spread, _ = simulated_spread(model, *gains)
    assert spread == pytest.approx(0.03, rel=0.15)


def test_the_tighter_of_both_spreads_counts():
    _, (_, _, L) = build(position_spread=0.03, direction_spread=10.0)
    _, (_, _, tighter) = build(position_spread=10.0, direction_spread=0.01)
    _, (_, _, both) = build(position_spread=0.03, direction_spread=0.01)
    assert np.allclose(both, tighter if tighter[0, 0] < L[0, 0] else L)


def test_every_direction_is_the_same_oscillator_and_has_the_same_energy():
    _, (stiffness, damping, L) = build(natural_frequency=3.0, damping_ratio=0.5)
    M = stiffness / 9.0
    assert np.allclose(damping, 2 * 0.5 * 3.0 * M)
    assert np.allclose(L @ L.T / L[0, 0] ** 2 * M[0, 0], M)
    assert np.all(np.linalg.eigvalsh(M) > 0)


def test_the_rule_does_not_depend_on_how_joints_are_measured():
    rng = np.random.default_rng(0)
    A, J = rng.standard_normal((3, 3)), [rng.standard_normal((3, 3)) for _ in range(2)]
    M = A @ A.T + np.eye(3)
    change = np.diag([1.0, 10.0, 0.1])  # q = change q'
    changed = noise_scale(change.T @ M @ change, [(J[0] @ change, J[1] @ change)], 0.1, (0.1, 0.2))
    assert changed == pytest.approx(noise_scale(M, [(J[0], J[1])], 0.1, (0.1, 0.2)))


def test_the_gain_of_white_noise_is_that_of_theory():
    """Acceleration held over dt: a white force of density dt, so var q = dt / (4 zeta omega^3)."""
    gain = oscillator_gain(2.0, 0.7, 0.01, 0.0)
    assert gain < np.sqrt(0.01 / (4 * 0.7 * 2.0**3))
    settled = oscillator_gain(20.0, 0.7, 0.01, 0.0)
    assert settled == pytest.approx(np.sqrt(0.01 / (4 * 0.7 * 20.0**3)), rel=0.2)


def test_no_joint_has_more_noise_than_a_part_of_its_torque_limit():
    _, free = build()
    std = np.sqrt(np.sum(free.L**2, axis=1))
    _, limited = build(limits=(1e3, std[1]))
    assert np.sqrt(np.sum(limited.L**2, axis=1)) == pytest.approx([std[0], 0.3 * std[1]])
    np.testing.assert_array_equal(limited.stiffness, free.stiffness)


def test_without_a_point_nothing_tells_how_much_noise_is_wanted():
    with pytest.raises(TaskError, match="the state has no point of the robot"):
        build(points=())


def test_a_point_that_only_slides_bounds_its_position_alone():
    M, slide = np.eye(1), (np.array([[1.0], [0.0], [0.0]]), np.zeros((3, 1)))
    assert noise_scale(M, [slide], 0.5, (0.1, 0.2)) == pytest.approx(0.1 / (0.5 / np.sqrt(3)))


def test_points_that_no_joint_moves_are_told():
    nothing = (np.zeros((3, 1)), np.zeros((3, 1)))
    with pytest.raises(TaskError, match="the joints move no point"):
        noise_scale(np.eye(1), [nothing], 0.5, (0.1, 0.2))


def test_a_singular_mass_matrix_is_told():
    twice = ARM.replace(
        '<joint name="b" axis="0 0 1" armature="0.02"/>',
        '<joint name="b" axis="0 0 1"/><joint name="c" axis="0 0 1"/>',
    )
    model = mujoco.MjModel.from_xml_string(twice)
    initial, limits = InitialPolicy(kind="hold"), np.full(3, 10.0)
    with pytest.raises(TaskError, match=r"mass matrix at the start is singular .*armature"):
        inertial_hold(initial, model, ["a", "b", "c"], np.zeros(3), ["hand"], limits, DT, SMOOTHING)


def test_a_hold_too_quick_for_the_rate_of_control_is_told():
    with pytest.raises(TaskError, match=r"natural_frequency: is 60 rad/s, at most 16 can be held"):
        build(natural_frequency=60.0)
