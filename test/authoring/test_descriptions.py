from pilqr_ros.authoring.descriptions import attribute_descriptions, summary
from pilqr_ros.tasks.schema import Criterion, Expression, Term


def test_descriptions_of_several_lines_and_inherited_ones_are_read():
    described = attribute_descriptions(Term)
    assert set(described) == set(Term.model_fields)
    assert described["of"] == attribute_descriptions(Criterion)["of"]
    assert "\n" not in described["gamma"] and described["gamma"].endswith("[m].")


def test_a_summary_is_what_comes_before_the_attributes():
    expected = (
        "The difference z = of - minus of state blocks and targets, on all or some of their axes."
    )
    assert summary(Expression) == expected
