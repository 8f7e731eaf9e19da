import numpy as np
import pytest

from pilqr_ros.tasks import TaskError


def test_a_measure_of_one_number_keeps_its_sign_and_one_of_several_is_their_length(edited):
    measures = [
        {"name": "ahead", "of": "puck", "minus": "goal", "axes": ["x"], "at": "least"},
        {"name": "farthest", "of": "puck", "minus": "goal", "at": "greatest"},
        {"name": "end", "of": "puck", "minus": "goal"},
    ]
    task = edited(lambda content: content.update(measures=measures))
    states = np.zeros((3, task.dX))
    offsets = np.array([[0.1, 0.0, 0.0], [-0.2, 0.0, 0.0], [0.0, 0.03, 0.04]])
    states[:, task.layout["puck"]] = task.conditions[0].targets["goal"] + offsets
    measured = task.measures(0, states)
    assert measured == pytest.approx({"ahead": -0.2, "farthest": 0.2, "end": 0.05})


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        ([{"name": "a", "of": "pukc"}], r"measures\[0\]\.of\[0\]"),
        ([{"name": "a", "of": "puck"}] * 2, r"measures\[1\]\.name"),
        ([{"name": "a", "of": "puck", "at": "any"}], r"measures\[0\]\.at|measures\.0\.at"),
    ],
)
def test_a_wrong_measure_is_refused_by_its_key(edited, measures, message):
    with pytest.raises(TaskError, match=message):
        edited(lambda content: content.update(measures=measures))
