from dataclasses import fields

import pytest

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_ros.learning.progress import TrainingProgress


@pytest.mark.parametrize("action", [TrainLocal, TrainGlobal])
def test_feedback_of_a_training_has_every_field_of_its_progress(action):
    told = action.Feedback.get_fields_and_field_types()
    assert {field.name for field in fields(TrainingProgress)} | {"run_directory"} == set(told)


@pytest.mark.parametrize("action", [TrainLocal, TrainGlobal, EvaluatePolicy])
def test_every_goal_tells_whom_it_waits_for(action):
    assert action.Feedback.get_fields_and_field_types()["waiting_for"] == "string"
