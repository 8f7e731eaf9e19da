import numpy as np
import pytest

from pilqr_ros.trajopt.convergence import ENOUGH, SETTLED, STUCK, Course, standing
from pilqr_ros.trajopt.record import StepStatus


def course(costs, successes, noise=0.5, **states):
    return Course(np.array(costs, float), np.array(successes, float), noise, states)


def test_a_task_that_is_met_at_a_cost_that_rests_has_converged():
    costs = [100, 80, 60, 40, 20, 10, 10, 10, 10, 10]
    told = standing(course(costs, [0, 0, 0, 0.5, 1, 1, 1, 1, 1, 1]))
    assert told.status == "converged"
    assert "100%" in told.because


def test_it_has_not_while_the_cost_falls():
    costs = [100, 80, 60, 50, 40, 30, 25, 20, 15]
    assert standing(course(costs, [1.0] * 9)) == ("improving", "")


def test_what_falls_is_small_beside_all_that_has_fallen():
    """The noise goes on to shrink after the task is learned, and the cost with it."""
    costs = [1000, 500, 100, 30, 20, 18, 16, 15, 14]
    assert standing(course(costs, [0, 0, 0.5, *[1.0] * 6])).status == "converged"


def test_neither_is_told_of_a_few_iterations():
    for n in range(1, 2 * SETTLED):
        assert standing(course([5.0] * n, [1.0] * n)).status == "improving"
    for n in range(1, 2 * STUCK):
        assert standing(course([5.0] * n, [0.0] * n)).status == "improving"
    assert standing(course([5.0] * 10, [0.0] * 10)).status == "stalled"


def test_a_cost_that_rests_without_success_has_stalled_and_says_what_is_left():
    told = standing(course([9, 8, 7, 6, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5], [0.2] * 14, noise=0.31))
    assert told.status == "stalled"
    assert "31% of the first noise" in told.because


@pytest.mark.parametrize(
    ("state", "words"),
    [("temperature_at_bound", "share all weight"), ("constant_cost", "cost the same")],
)
def test_the_reason_is_the_state_that_most_steps_of_the_update_were_in(state, words):
    rests = [5.0] * 12, [0.0] * 12
    assert words in standing(course(*rests, **{state: 0.8})).because
    assert words not in standing(course(*rests, **{state: 0.3})).because


def test_success_that_rises_at_the_same_cost_is_no_stall():
    assert standing(course([5.0] * 12, np.linspace(0, 0.9, 12))).status == "improving"


def test_a_cost_that_falls_without_success_is_no_stall():
    assert standing(course(np.linspace(50, 40, 12), [0.0] * 12)).status == "improving"


def test_noise_that_is_gone_before_the_task_is_met_is_a_stall_though_the_cost_falls():
    told = standing(course(np.linspace(50, 40, 12), [0.5] * 12, noise=0.01))
    assert told.status == "stalled"
    assert "1.0% of the first" in told.because


def test_little_noise_is_no_stall_of_what_is_learned():
    assert standing(course([50, 40, 10, *[5] * 6], [1.0] * 9, noise=1e-4)).status == "converged"


def test_chance_alone_ends_hardly_any_training_that_still_falls():
    """Costs that fall by a tenth an iteration, and jump by a fifth."""
    rng = np.random.default_rng(0)
    stalls = 0
    for _ in range(300):
        costs = 100 * 0.9 ** np.arange(15) * np.exp(0.2 * rng.standard_normal(15))
        stalls += standing(course(costs, [0.0] * 15)).status == "stalled"
    assert stalls <= 3


def test_other_units_of_the_cost_change_nothing():
    rng = np.random.default_rng(1)
    for _ in range(50):
        costs, successes = rng.uniform(1, 2, 12), rng.uniform(ENOUGH - 0.1, 1, 12)
        same = [standing(course(k * costs, successes)) for k in (1.0, 1e6, 1e-6)]
        assert same[0] == same[1] == same[2]


@pytest.mark.parametrize("flag", StepStatus)
def test_a_stall_is_told_whatever_the_states_of_the_update(flag):
    states = {str(one.name).lower(): float(one is flag) for one in StepStatus}
    told = standing(course([5.0] * 10, [0.0] * 10, **states))
    assert told.status == "stalled"
    assert told.because
