"""Judgements of a run as they are shown."""

from pilqr_ros.diagnosis import Judgement
from pilqr_ros.page.diagnosis_view import judgement_html


def test_each_judgement_is_told_with_its_condition_and_advice():
    shown = judgement_html([Judgement("one_weight", "<left>", "97 % on one", "more rollouts")])
    assert "one_weight" in shown
    assert "(&lt;left&gt;)" in shown
    assert shown.index("97 % on one") < shown.index("more rollouts")


def test_a_healthy_run_is_told_to_be_one():
    assert judgement_html([]) == "nothing stands out"
