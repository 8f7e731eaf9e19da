"""Lines of keys and values, found again by their paths."""

import pytest

from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.yaml_text import parse_yaml

TEXT = """\
# A comment.
name: x
joints:
  - {name: a, limit: 1}
  -
    name: b
    limit: 2
start: &start
  puck: [1, 2]
again:
  start: *start
  more:
    <<: *start
    other.name: 3
long: |
  text
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("name", 2),
        ("joints", 3),
        ("joints[0]", 4),
        ("joints[0].limit", 4),
        ("joints[1].limit", 7),
        ("start.puck[1]", 9),
        ("again.more.other.name", 14),
        ("long", 15),
        ("again.start", 8),  # where the alias stands is where its value does not
        ("again.start.puck", 9),
        ("again.more.puck[0]", 9),
        ("joints[1].missing", 6),
        ("start.missing.below[3]", 8),
        ("nowhere", None),
        ("", None),
        ("--robot", None),
    ],
)
def test_the_line_of_a_key_is_where_it_is_written_or_the_nearest_above(key, line):
    assert parse_yaml(TEXT).lines.line(key) == line


def test_the_line_of_a_name_is_where_it_is_written_whatever_its_value_is():
    assert parse_yaml(TEXT).lines.line("again.start", of_key=True) == 11


def test_paths_to_one_place_have_one_origin():
    lines = parse_yaml(TEXT).lines
    assert lines.origin("start.puck[1]") == lines.origin("again.start.puck[1]")
    assert lines.origin("start.none") == lines.origin("again.start.none")
    assert lines.origin("start.puck[0]") != lines.origin("start.puck[1]")
    assert lines.origin("start.none") != lines.origin("start.other")


def test_an_empty_text_has_no_lines():
    assert parse_yaml("# nothing\n").lines.line("name") is None


def test_text_that_is_no_yaml_is_told_by_its_line_and_where_it_began():
    with pytest.raises(ConfigError) as refused:
        parse_yaml("a: {b: 1\nc: 2\n")
    assert str(refused.value) == (
        "line 2: is not valid YAML: while parsing a flow mapping that begins in line 1,"
        " expected ',' or '}', but got ':', column 2"
    )
