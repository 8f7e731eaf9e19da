"""Options given as text."""

import pytest

from pilqr_ros import graph
from pilqr_ros.graph.errors import GraphError


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("hardware", "True", True), ("real_time_factor", "0.5", 0.5), ("task", "5", "5")],
)
def test_options_are_read_from_text(name, text, value):
    option = next(one for one in graph.options() if one.name == name)
    assert graph.read_option(option, text) == value


def test_an_option_of_another_type_is_refused():
    option = next(one for one in graph.options() if one.name == "hardware")
    with pytest.raises(GraphError, match="hardware is 'perhaps', allowed is true or false"):
        graph.read_option(option, "perhaps")
