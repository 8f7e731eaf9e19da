from pilqr_ros.diagnosis import Judgement, gathered


def said(kind, condition):
    return Judgement(kind, condition, f"{kind} in {condition}", "try")


def test_a_word_of_many_conditions_is_told_once_with_their_number():
    told = gathered([said("a", "left"), said("b", "left"), said("a", "right"), said("a", "top")])
    assert [(one.kind, one.condition) for one in told] == [("a", "left, and 2 more"), ("b", "left")]
    assert told[0].says == "a in left"


def test_nothing_gathered_is_nothing():
    assert gathered([]) == ()
