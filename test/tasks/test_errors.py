"""How an error of a file names what is wrong with it."""

from pilqr_ros.tasks.errors import ConfigError, Flaw, TaskError
from pilqr_ros.tasks.yaml_text import parse_yaml

TEXT = """\
first: 1
list: &list [1, -2]
same: *list
last: 1
"""


def test_a_message_names_file_line_and_key():
    error = ConfigError("list[1]", "is -2, must be more than 0")
    assert str(error) == "list[1]: is -2, must be more than 0"
    named = TaskError.naming(error, "a.yaml", parse_yaml(TEXT).lines)
    assert isinstance(named, TaskError)
    assert str(named) == "a.yaml:2: list[1]: is -2, must be more than 0"
    assert str(named.without_lines()) == "a.yaml: list[1]: is -2, must be more than 0"


def test_what_is_wrong_is_told_in_the_order_of_the_lines_and_what_an_alias_repeats_once():
    flaws = [
        Flaw("last", "is wrong"),
        Flaw("list[1]", "is wrong"),
        Flaw("same[1]", "is wrong"),
        Flaw("same[1]", "is also strange"),
        Flaw("same", "is not a known key", of_key=True),
        Flaw("", "is a riddle"),
    ]
    named = ConfigError.naming(ConfigError.of(flaws), "a.yaml", parse_yaml(TEXT).lines)
    assert str(named) == (
        "a.yaml: is a riddle; line 2: list[1]: is wrong; line 2: same[1]: is also strange; "
        "line 3: same: is not a known key; line 4: last: is wrong"
    )


def test_each_flaw_is_a_line_that_names_the_file():
    flaws = [Flaw("first", "is wrong"), Flaw("list[1]", "is\nwrong")]
    named = ConfigError.naming(ConfigError.of(flaws), "a.yaml", parse_yaml(TEXT).lines)
    assert named.lines == ["a.yaml:1: first: is wrong", r"a.yaml:2: list[1]: is\nwrong"]


def test_an_error_of_another_file_keeps_its_name_and_gets_no_line_of_this_one():
    error = ConfigError("first", "is wrong", "b.yaml")
    named = ConfigError.naming(error, "a.yaml", parse_yaml(TEXT).lines)
    assert str(named) == "b.yaml: first: is wrong"


def test_an_error_of_a_section_is_told_below_its_key():
    assert str(ConfigError("[1]", "is wrong").below("list")) == "list[1]: is wrong"
    assert str(ConfigError("a.b", "is wrong").below("c")) == "c.a.b: is wrong"
    assert str(ConfigError("", "is wrong").below("c")) == "c: is wrong"
