import numpy as np
import pytest

from pilqr_ros.tasks import Outcome, TaskError


def test_dimensions_and_rate(hockey):
    assert (hockey.dX, hockey.dU, hockey.T) == (26, 7, 100)
    assert hockey.period_ns == 50_000_000
    assert hockey.dt == 0.05
    assert hockey.bodies == ("puck",)
    assert hockey.points == ("blade",)


def test_the_state_is_in_the_order_of_the_file(hockey):
    names = ("joint_positions", "joint_velocities", "blade", "blade_velocity", "puck")
    assert hockey.layout.names == (*names, "puck_velocity")
    assert hockey.layout["puck"] == slice(20, 23)
    assert hockey.layout.labels[0] == "joint_positions.r_shoulder_pan_joint"
    assert hockey.layout.labels[-1] == "puck_velocity.z"
    assert len(set(hockey.layout.labels)) == hockey.dX


def test_the_cost_is_the_papers(hockey):
    """Section 8.3.2, computed here term by term."""
    rng = np.random.default_rng(0)
    states, actions = rng.normal(size=(100, 26)), rng.normal(size=(100, 7))
    ramp = np.arange(1, 101) / 100
    to_goal = np.linalg.norm(states[:, 20:23] - [2.25, -0.188, 0.025], axis=1)
    to_puck = np.linalg.norm(states[:, 14:17] - [0.805, -0.188, 0.062], axis=1)
    goal = 100 * ramp * np.sqrt(1e-5 + to_goal**2)
    arm = ramp * (0.05 * to_puck**2 + 1e-4 * np.sqrt(1e-5 + to_puck**2))
    terms = hockey.cost(0).evaluate_terms(states, actions)
    np.testing.assert_allclose(terms["goal"], goal)
    np.testing.assert_allclose(terms["arm"], arm)
    assert terms["torque"].max() < 0.1


@pytest.mark.parametrize(
    ("offset", "success"),
    [
        ((0, 0), True),
        ((-0.119, 0), True),
        ((0, 0.149), True),
        ((-0.121, 0), False),
        ((0, 0.151), False),
    ],
)
def test_success_is_a_box_about_the_goal_at_the_last_step(hockey, offset, success):
    states = np.zeros((100, 26))
    states[-1, 20:23] = [2.25 + offset[0], -0.188 + offset[1], 0.025]
    outcome = hockey.success(0, states)
    assert outcome.success is success
    assert outcome.distance == pytest.approx(np.hypot(*offset))


def test_a_trajectory_that_is_not_finite_is_no_success(hockey):
    assert hockey.success(0, np.full((100, 26), np.nan)).success is False


@pytest.mark.parametrize("condition", [-1, 103])
def test_a_condition_that_does_not_exist_is_refused(hockey, condition):
    message = f"condition is {condition}, expected 0 to 102"
    for ask in (hockey.cost, hockey.initial_policy, lambda c: hockey.success(c, np.zeros((1, 26)))):
        with pytest.raises(TaskError, match=message):
            ask(condition)


def test_outcome_is_success_and_distance():
    assert Outcome(True, 0.1) == (True, 0.1)


def test_the_initial_policy_rests_at_the_start(hockey):
    policy, at_rest = hockey.initial_policy(0), np.zeros(26)
    at_rest[:7] = hockey.conditions[0].start
    assert policy.K.shape == (100, 7, 26)
    np.testing.assert_allclose(policy.K @ at_rest + policy.k, 0.0, atol=1e-12)
    np.testing.assert_array_equal(policy.L[50], np.tril(policy.L[0]))


def test_a_hold_is_a_spring_about_the_start(edited):
    gains = np.arange(1.0, 8.0)

    def edit(content):
        content["initial_policy"] |= {
            "kind": "hold",
            "stiffness": gains.tolist(),
            "damping": (2 * gains).tolist(),
            "torque_std": (0.1 * gains).tolist(),
        }

    task = edited(edit)
    policy, start = task.initial_policy(0), task.conditions[0].start
    x = np.zeros(26)
    x[:7], x[7:14] = start + 0.1, 0.5
    np.testing.assert_allclose(policy.mean(3, x), -0.1 * gains - 0.5 * 2 * gains, atol=1e-12)
    np.testing.assert_allclose(policy.L[3], np.diag(0.1 * gains))


def test_a_hold_needs_the_joints_in_the_state(edited):
    def edit(content):
        content["state"] = [b for b in content["state"] if b["kind"] != "joint_velocities"]

    with pytest.raises(ValueError, match=r"initial_policy\.kind: hold needs joint_velocities of"):
        edited(edit)


def test_terms_of_several_blocks_are_stacked_and_can_pick_axes(edited):
    def edit(content):
        content["cost"]["terms"].append(
            {
                "name": "both",
                "of": ["blade", "puck"],
                "minus": ["puck", "goal"],
                "axes": ["x", "z"],
                "alpha": 2.0,
                "beta": 0.0,
                "ramp": "quadratic",
                "active": [10, 19],
                "weight": 3.0,
            }
        )

    x = np.random.default_rng(1).normal(size=(100, 26))
    value = edited(edit).cost(0).evaluate_terms(x, np.zeros((100, 7)))["both"]
    z = np.column_stack(
        [x[:, 14] - x[:, 20], x[:, 16] - x[:, 22], x[:, 20] - 2.25, x[:, 22] - 0.025]
    )
    weight = 3.0 * (np.arange(1, 101) / 100) ** 2
    weight[:10] = weight[20:] = 0.0
    np.testing.assert_allclose(value, weight * np.sum(z**2, axis=1))
