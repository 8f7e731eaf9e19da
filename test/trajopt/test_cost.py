import numpy as np
import pytest

from pilqr_ros.trajopt.cost import LossTerm, TrajectoryCost, smooth_loss
from pilqr_ros.trajopt.errors import SettingError, ShapeError


def make_cost(rng, T=3, dX=4, dU=2):
    terms = tuple(
        LossTerm(
            name,
            rng.standard_normal((3, dX)),
            rng.standard_normal(3),
            alpha,
            beta,
            rng.uniform(0, 2, T),
        )
        for name, alpha, beta in (("arm", 0.1, 1e-4), ("goal", 0.0, 1.0), ("both", 2.0, 0.5))
    )
    return TrajectoryCost(terms, rng.uniform(0, 1, dU))


def test_the_loss_is_equation_8():
    loss = smooth_loss(np.array([3.0, 4.0]), alpha=2.0, beta=3.0, gamma=11.0)
    assert loss.value == pytest.approx(0.5 * 2 * 25 + 3 * 6)


def test_the_cost_is_the_weighted_sum_of_its_terms_and_the_torque_penalty():
    rng = np.random.default_rng(0)
    cost = make_cost(rng)
    x, u = rng.standard_normal((5, 3, 4)), rng.standard_normal((5, 3, 2))
    expected = np.zeros((5, 3))
    for i in range(5):
        for t in range(3):
            for term in cost.terms:
                z = term.A @ x[i, t] - term.b
                norm = np.sqrt(term.gamma + z @ z)
                expected[i, t] += term.weight[t] * (0.5 * term.alpha * z @ z + term.beta * norm)
            expected[i, t] += 0.5 * np.sum(cost.torque_weights * u[i, t] ** 2)
    np.testing.assert_allclose(cost.evaluate(x, u), expected, rtol=1e-12)
    named = cost.evaluate_terms(x, u)
    assert list(named) == ["arm", "goal", "both", "torque"]
    np.testing.assert_allclose(sum(named.values()), expected, rtol=1e-12)


def quadratic(expanded, t, z):
    return 0.5 * z @ expanded.C[t] @ z + expanded.c[t] @ z + expanded.c0[t]


def test_the_expansion_has_the_value_gradient_and_hessian_of_the_cost():
    rng = np.random.default_rng(1)
    cost = make_cost(rng)
    x, u = rng.standard_normal((3, 4)), rng.standard_normal((3, 2))
    expanded = cost.expand(x)

    def true_cost(t, z):
        states, actions = x.copy(), u.copy()
        states[t], actions[t] = z[:4], z[4:]
        return cost.evaluate(states, actions)[t]

    a = 1e-3
    for t in range(3):
        z = np.concatenate([x[t], u[t]])
        assert quadratic(expanded, t, z) == pytest.approx(true_cost(t, z), rel=1e-10)
        gradient = expanded.C[t] @ z + expanded.c[t]
        for i, e in enumerate(a * np.eye(6)):
            slope = (true_cost(t, z + e) - true_cost(t, z - e)) / (2 * a)
            assert gradient[i] == pytest.approx(slope, abs=1e-5)
            for j, f in enumerate(a * np.eye(6)):
                rise = true_cost(t, z + e + f) - true_cost(t, z + e - f)
                fall = true_cost(t, z - e + f) - true_cost(t, z - e - f)
                assert expanded.C[t, i, j] == pytest.approx((rise - fall) / (4 * a * a), abs=1e-4)


def test_the_expansion_of_a_stack_is_the_stack_of_expansions():
    rng = np.random.default_rng(2)
    cost = make_cost(rng)
    x = rng.standard_normal((5, 3, 4))
    stacked = cost.expand(x)
    for i in range(5):
        for whole, single in zip(stacked, cost.expand(x[i]), strict=True):
            np.testing.assert_allclose(whole[i], single, rtol=1e-12, atol=1e-12)


def test_the_average_of_expansions():
    rng = np.random.default_rng(4)
    cost = make_cost(rng)
    x = rng.standard_normal((5, 3, 4))
    for average, single in zip(cost.expand_average(x), cost.expand(x), strict=True):
        np.testing.assert_allclose(average, single.mean(axis=0), rtol=1e-12, atol=1e-12)


def test_the_hessian_is_positive_semidefinite_everywhere():
    rng = np.random.default_rng(3)
    for scale in (0.0, 1e-6, 1e-3, 1.0, 1e3):
        loss = smooth_loss(scale * rng.standard_normal((50, 3)), 0.0, 1.0, 1e-5)
        assert np.linalg.eigvalsh(loss.hessian).min() >= 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": -1.0}, "goal.alpha is -1.0, allowed: at least 0"),
        ({"beta": -1.0}, "goal.beta"),
        ({"gamma": 0.0}, "goal.gamma is 0.0, allowed: above 0"),
        ({"weight": [-1.0, 1.0]}, "goal.weight"),
        ({"b": [1.0]}, r"goal.b has shape \(1,\), expected \(2,\)"),
    ],
)
def test_a_wrong_term_is_refused_by_name(change, message):
    good = dict(name="goal", A=np.eye(2), b=[0, 0], alpha=1.0, beta=1.0, weight=[1.0, 1.0])
    with pytest.raises((SettingError, ShapeError), match=message):
        LossTerm(**{**good, **change})


def test_terms_that_do_not_fit_together_are_refused():
    first = LossTerm("first", np.eye(2), [0, 0], 1.0, 1.0, [1.0, 1.0])
    longer = LossTerm("longer", np.eye(2), [0, 0], 1.0, 1.0, [1.0, 1.0, 1.0])
    with pytest.raises(ShapeError, match="longer"):
        TrajectoryCost((first, longer), [1.0])
    with pytest.raises(SettingError, match="terms"):
        TrajectoryCost((), [1.0])
    with pytest.raises(SettingError, match="torque_weights"):
        TrajectoryCost((first,), [-1.0])


def test_the_majorant_touches_the_cost_lies_above_it_and_is_least_at_the_target():
    rng = np.random.default_rng(8)
    term = LossTerm("goal", np.eye(3), rng.standard_normal(3), 0.3, 2.0, np.full(1, 1.5), 1e-3)
    cost = TrajectoryCost((term,), np.zeros(1))
    x = rng.standard_normal((1, 3))
    exact, majorant = cost.expand(x), cost.expand(x, "majorant")
    here = np.append(x[0], 0.0)
    for expanded in (exact, majorant):
        assert quadratic(expanded, 0, here) == pytest.approx(cost.evaluate(x, np.zeros((1, 1)))[0])
    slopes = [expanded.C[0] @ here + expanded.c[0] for expanded in (exact, majorant)]
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-12, atol=1e-12)
    for scale in (1e-2, 1.0, 10.0):
        for y in term.b + scale * rng.standard_normal((200, 3)):
            loss = cost.evaluate(y[None], np.zeros((1, 1)))[0]
            assert quadratic(majorant, 0, np.append(y, 0.0)) >= loss - 1e-12
    least = np.linalg.solve(majorant.C[0, :3, :3], -majorant.c[0, :3])
    np.testing.assert_allclose(least, term.b, rtol=1e-10)
