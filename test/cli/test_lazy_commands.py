import inspect

import pytest
import typer
from typer.testing import CliRunner

from pilqr_ros.cli.command import Commands, app


def test_the_list_says_of_each_command_what_its_own_help_says():
    commands = typer.main.get_command(app).commands
    summaries = commands.summaries()
    assert list(summaries) == list(commands) == list(Commands.MODULES)
    for name, command in commands.items():
        assert command.name == summaries[name].name == name
        assert summaries[name].help == inspect.cleandoc(command.help)


def test_a_command_that_there_is_not_is_told_with_what_was_meant():
    result = CliRunner().invoke(app, ["gard"])
    assert result.exit_code == 2
    assert "Did you mean 'guard'?" in result.output


@pytest.mark.parametrize(("command", "name"), [(["bag", "list"], "list"), (["runs"], "runs")])
def test_a_command_is_called_as_it_is_listed(command, name):
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert f" {' '.join(command)} " in result.output
