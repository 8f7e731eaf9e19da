"""Subcommands whose modules are imported when they are called, and not before.

Most commands need libraries that take a second to import, and each of them others. So a command is
named with its module, and the list of all commands, which is the help, is read from their texts.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
from collections.abc import Iterator, Mapping
from copy import copy
from pathlib import Path
from typing import Any, ClassVar, cast

import typer
from typer.core import TyperCommand, TyperGroup

from pilqr_ros.lifetime import ended_at_once


class LazyCommands(Mapping[str, Any]):
    """Commands by name, each imported when it is looked up."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        """Import nothing yet (argument as `LazyGroup.MODULES`)."""
        self._modules = dict(modules)
        self._loaded: dict[str, Any] = {}

    def summaries(self) -> dict[str, TyperCommand]:
        """Return what stands for each command in a list of them: its name and help."""
        texts = {module: _functions(module) for module in set(self._modules.values())}
        return {
            name: TyperCommand(name, help=texts[module][_function_name(name)])
            for name, module in self._modules.items()
        }

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        """Return a command; KeyError if there is none of that name."""
        if name not in self._loaded:
            self._loaded[name] = _load(name, self._modules[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names in their order."""
        return iter(self._modules)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._modules)


class LazyGroup(TyperGroup):
    """A command of such commands: what a `typer.Typer` takes as its class."""

    MODULES: ClassVar[Mapping[str, str]]
    """The module of each command, by the command's name. It holds a function of that name with
    underscores; where it also holds `app`, a `typer.Typer`, that is the command, and the function
    its callback."""

    def __init__(self, *, commands: Any = None, **options: Any) -> None:  # noqa: ANN401
        """Take commands from `MODULES` alone."""
        super().__init__(commands=cast(Any, LazyCommands(self.MODULES)), **options)

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names in their order."""
        return list(self.commands)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the help without importing any command."""
        shown = copy(self)
        shown.commands = dict(cast(LazyCommands, self.commands).summaries())
        super(LazyGroup, shown).format_help(ctx, formatter)


def _load(name: str, module: str) -> Any:  # noqa: ANN401
    """Import a command and return it as Typer makes it."""
    with ended_at_once():
        found = importlib.import_module(module)
    app = getattr(found, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False)
        app.command(name)(getattr(found, _function_name(name)))
    command = typer.main.get_command(app)
    command.name = name
    return command


def _functions(module: str) -> dict[str, str]:
    """Return the docstring of each function of a module, by name, without importing it."""
    spec = importlib.util.find_spec(module)
    assert spec is not None, f"{module} is there"
    assert spec.origin is not None, f"{module} is a file"
    body = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
    functions = (one for one in body if isinstance(one, ast.FunctionDef))
    return {one.name: inspect.cleandoc(ast.get_docstring(one) or "") for one in functions}


def _function_name(command: str) -> str:
    return command.replace("-", "_")
