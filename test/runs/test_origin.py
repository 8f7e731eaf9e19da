from typing import get_type_hints

import pytest

from pilqr_ros.runs.errors import RunConfigError
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_config import RunConfig


def test_every_number_of_an_origin_has_bounds():
    numbers = {name for name, kind in get_type_hints(Origin).items() if kind in (int, float)}
    assert numbers == set(Origin.BOUNDS)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("iteration", -2, "-1 to"),
        ("noise_scale", 0.0, "0.001 to 10"),
        ("noise_scale", float("nan"), "0.001 to 10"),
        ("prior_iterations", 11, "0 to 10"),
    ],
)
def test_a_number_outside_its_bounds_is_refused_by_name(task, field, value, allowed):
    origin = Origin("runs/hockey/then", **{field: value})
    with pytest.raises(RunConfigError, match=f"{field} is {value}, expected {allowed}"):
        RunConfig.for_task(task, "pilqr", seed=0, origin=origin)


def test_it_is_told_in_words_and_as_options():
    origin = Origin("a run", iteration=7, noise_scale=0.25, prior_iterations=0)
    assert str(origin) == (
        "policies after 7 iterations of a run, noise x 0.25, samples of 0 iterations"
    )
    assert origin.options == (
        "--from 'a run' --from-iteration 7 --noise-scale 0.25 --from-samples 0"
    )


def test_a_goal_that_says_nothing_of_the_numbers_means_the_usual_ones():
    message = pytest.importorskip("pilqr_msgs.msg").Origin(run="then")
    fields = {name: getattr(message, name) for name in vars(Origin("then"))}
    assert Origin(**fields) == Origin("then")
