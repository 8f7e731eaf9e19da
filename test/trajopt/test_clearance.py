import numpy as np
import pytest
from convex_shapes import SHAPES

from pilqr_ros.trajopt.clearance import ClearanceTerm
from pilqr_ros.trajopt.cost import LossTerm, TrajectoryCost
from pilqr_ros.trajopt.errors import SettingError, ShapeError
from pilqr_ros.trajopt.shapes import HalfSpace

KEPT = 0.1


def term_of(shape, dX=4, points=2, T=50, seed=0):
    """Return a term of two points that lie in, near and far from the obstacle."""
    rng = np.random.default_rng(seed)
    A = 0.3 * rng.standard_normal((3 * points, dX))
    return ClearanceTerm("post", A, 0.1 * A[:, 0], shape, KEPT, rng.uniform(0.5, 2.0, T))


def states_of(term, seed=1):
    return np.random.default_rng(seed).standard_normal((term.weight.size, term.A.shape[1]))


def by_hand(term, x, t):
    """Return the penalty of one state from the distances of its points, one by one."""
    points = (term.A @ x - term.b).reshape(-1, 3)
    s = [float(term.shape.signed_distance(p).value) for p in points]
    return term.weight[t] * sum((1 - one / term.distance) ** 2 for one in s if one < term.distance)


@pytest.mark.parametrize("name", SHAPES)
def test_the_penalty_is_the_weighted_square_of_what_each_point_lacks(name):
    term = term_of(SHAPES[name])
    x = states_of(term)
    expected = [by_hand(term, x[t], t) for t in range(len(x))]
    np.testing.assert_allclose(term.evaluate(x), expected, rtol=1e-12)
    assert 0 < np.count_nonzero(expected) < len(expected)  # some are near, some are not


def test_at_the_surface_it_is_the_weight_and_at_the_distance_nothing():
    sphere = ClearanceTerm("ball", np.eye(3), np.zeros(3), SHAPES["sphere"], KEPT, np.full(4, 7.0))
    x = np.array([[0.3, 0, 0], [0, 0.3 + KEPT, 0], [0, 0, 2.0], [0.35, 0, 0]], float)
    np.testing.assert_allclose(sphere.evaluate(x), [7.0, 0.0, 0.0, 7.0 / 4], atol=1e-12)
    np.testing.assert_allclose(sphere.clearance(x), [0.0, 0.1, 1.7, 0.05], atol=1e-12)


@pytest.mark.parametrize("name", SHAPES)
def test_the_expansion_has_the_value_and_the_gradient_of_the_penalty(name):
    term = term_of(SHAPES[name])
    x, a = states_of(term), 1e-6
    cost = TrajectoryCost((term,), np.zeros(1))
    expanded = cost.expand(x)
    for t in range(len(x)):
        z = np.append(x[t], 0.0)
        value = 0.5 * z @ expanded.C[t] @ z + expanded.c[t] @ z + expanded.c0[t]
        assert value == pytest.approx(by_hand(term, x[t], t), rel=1e-9, abs=1e-9)
        slope = [(by_hand(term, x[t] + e, t) - by_hand(term, x[t] - e, t)) / (2 * a)
                 for e in a * np.eye(4)]  # fmt: skip
        np.testing.assert_allclose((expanded.C[t] @ z + expanded.c[t])[:4], slope, atol=2e-4)


@pytest.mark.parametrize("curvature", ["exact", "majorant"])
@pytest.mark.parametrize("name", SHAPES)
def test_the_expansion_is_positive_semidefinite_inside_at_the_edge_and_outside(name, curvature):
    shape = SHAPES[name]
    rng = np.random.default_rng(2)
    p = rng.uniform(-1.0, 1.0, (300, 3))
    near, away = shape.signed_distance(p)
    at_surface = p - near[:, None] * away
    points = np.concatenate([p, at_surface, at_surface + KEPT * away, np.zeros((1, 3))])
    term = ClearanceTerm("post", np.eye(3), np.zeros(3), shape, KEPT, np.ones(len(points)))
    eigenvalues = np.linalg.eigvalsh(term.expand(points, curvature).C)
    assert eigenvalues.min() > -1e-9
    assert eigenvalues.max() == pytest.approx(2.0 / KEPT**2)


@pytest.mark.parametrize("name", SHAPES)
def test_where_it_costs_anything_the_expansion_lies_above_it(name):
    term = ClearanceTerm("post", np.eye(3), np.zeros(3), SHAPES[name], KEPT, np.ones(1))
    rng = np.random.default_rng(3)
    for x in rng.uniform(-0.5, 0.5, (20, 1, 3)):
        if term.evaluate(x)[0] > 0.0:
            C, c, c0 = (part[0] for part in term.expand(x))
            for y in rng.uniform(-1.0, 1.0, (200, 3)):
                quadratic = 0.5 * y @ C @ y + c @ y + c0
                assert quadratic >= term.evaluate(y[None])[0] - 1e-7


def test_far_away_all_of_it_is_zero():
    term = term_of(SHAPES["box"])
    far = states_of(term) + 1e3
    assert not np.any(term.evaluate(far))
    assert not any(np.any(part) for part in term.expand(far))


def test_it_adds_up_with_losses_and_has_a_name_of_its_own():
    term = term_of(SHAPES["sphere"])
    goal = LossTerm("goal", np.eye(4), np.zeros(4), 1.0, 0.0, term.weight)
    x, u = states_of(term), np.zeros((50, 2))
    both = TrajectoryCost((goal, term), np.zeros(2))
    named = both.evaluate_terms(x, u)
    assert list(named) == ["goal", "post", "torque"]
    np.testing.assert_allclose(both.evaluate(x, u), goal.evaluate(x) + term.evaluate(x))
    samples = np.stack([x, x + 0.1])
    for mean, each in zip(both.expand_average(samples), both.expand(samples), strict=True):
        np.testing.assert_allclose(mean, each.mean(axis=0), atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distance": 0.0}, "post.distance is 0.0, allowed: above 0"),
        ({"weight": [-1.0]}, "post.weight"),
        ({"weight": 1.0}, r"post.weight has shape \(\), expected \(T,\)"),
        ({"A": np.eye(2)}, r"post.A has shape \(2, 2\), expected \(3n, dX\)"),
        ({"b": [0.0]}, r"post.b has shape \(1,\), expected \(3,\)"),
    ],
)
def test_a_wrong_term_is_refused_by_name(change, message):
    good = dict(name="post", A=np.eye(3), b=np.zeros(3), shape=HalfSpace(), distance=0.1,
                weight=[1.0])  # fmt: skip
    with pytest.raises((SettingError, ShapeError), match=message):
        ClearanceTerm(**{**good, **change})
