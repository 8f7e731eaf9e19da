"""Arguments have the bounds of the record that they fill, and help that is shown as written."""

import inspect
import typing

import pytest
import typer
from rich.markup import render

from pilqr_ros.cli.arguments import condition_names
from pilqr_ros.cli.command import app
from pilqr_ros.cli.learning_commands import evaluate, train
from pilqr_ros.cli.node_commands import up
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig
from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.runs.run_config import RunConfig

FILLED = [
    (train, (RunConfig, GraphOptions)),
    (up, (GraphOptions,)),
    (evaluate, (EvaluationConfig, GraphOptions)),
]


@pytest.mark.parametrize(("command", "records"), FILLED)
def test_each_number_of_a_record_has_its_bounds_as_an_option(command, records):
    hints = typing.get_type_hints(command, include_extras=True)
    options = {name: hints[name].__metadata__[0] for name in inspect.signature(command).parameters
               if hasattr(hints[name], "__metadata__")}  # fmt: skip
    for record in records:
        shared = record.BOUNDS.keys() & options.keys()
        assert shared
        for name in shared:
            assert (options[name].min, options[name].max) == record.BOUNDS[name]


def helps(command):
    """Yield every text of help of a command, its parameters and its subcommands."""
    yield from (each.help for each in (command, *command.params) if getattr(each, "help", None))
    for each in getattr(command, "commands", {}).values():
        yield from helps(each)


def test_no_unit_in_a_text_of_help_is_taken_for_markup_and_lost():
    texts = list(helps(typer.main.get_command(app)))
    assert len(texts) > 100
    assert [text for text in texts if render(text).plain != text] == []


@pytest.mark.parametrize(
    ("listed", "names"),
    [(None, ()), ("left", ("left",)), (" left , right", ("left", "right")), (",", ("", ""))],
)
def test_an_empty_name_of_a_condition_is_not_taken_for_none_given(listed, names):
    assert condition_names(listed) == names
