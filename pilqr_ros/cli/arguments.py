"""Arguments and options that several commands have."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
import typer

from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.trajopt.typing import Array

TaskName = Annotated[str, typer.Argument(help="A task's name, or the path of a task file.")]
RunPath = Annotated[Path, typer.Argument(help="A run's directory.", exists=True, file_okay=False)]
Runs = Annotated[
    Path, typer.Option(help="Where runs are kept.", envvar="PILQR_RUNS", file_okay=False)
]


class Bounded(Protocol):
    """A record whose numbers have bounds."""

    BOUNDS: ClassVar[Mapping[str, tuple[float, float]]]


def number(record: type[Bounded], name: str, help: str) -> Any:  # noqa: ANN401
    """Return the option of a record's number: its bounds stand there and nowhere else.

    Args:
        record: What the option fills.
        name: The number's name.
        help: What the option is for.
    """
    low, high = record.BOUNDS[name]
    return typer.Option(min=low, max=high, help=help)


Method = Annotated[
    str | None,
    typer.Option(help="pilqr (by default), lqr-flm, pi2; mdgps- before it: one neural policy."),
]
Conditions = Annotated[
    str | None,
    typer.Option(help="Names of conditions separated by commas; the task file's by default."),
]
Record = Annotated[bool, typer.Option(help="Record what the nodes say in a bag.")]
InProcess = Annotated[bool, typer.Option("--in-process", help="Without ROS, in this process.")]
Attach = Annotated[bool, typer.Option("--attach", help="Use nodes that are already running.")]
Wait = Annotated[
    int, typer.Option(min=0, max=600, help="How long to look for nodes to attach to, in s.")
]
Namespace = Annotated[str, typer.Option(help="Namespace of all nodes.")]
Robots = Annotated[
    str,
    typer.Option(
        help="How many robots learn together, or their names with commas; else one, without a name."
    ),
]
RealTimeFactor = Annotated[
    float,
    number(GraphOptions, "real_time_factor", "1: real time; 0: as fast as the graph goes."),
]
FromRun = Annotated[
    Path | None,
    typer.Option(
        "--from", help="Start from the policies of this run.", exists=True, file_okay=False
    ),
]
RobotFile = Annotated[
    str, typer.Option("--robot-config", help="A robot's name, or the path of its file.")
]
Discovery = Annotated[
    str,
    typer.Option(help="Whose nodes are found: localhost, subnet, or auto (the environment's)."),
]
Dashboard = Annotated[
    bool, typer.Option("--dashboard", help="Serve a live page for this machine's browser, too.")
]
Scene = Annotated[
    bool, typer.Option("--scene", help="Show robot, scene and rollouts in RViz and Foxglove.")
]
Log = Annotated[
    str | None,
    typer.Option(
        help="Keep the report's numbers in the run as curves, too: tensorboard, or wandb"
        " (`pip install wandb` first; it stays offline)."
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0: any that is free.")]
Host = Annotated[
    str, typer.Option(help="Address that the page is served at; not of loopback: needs --token.")
]
Token = Annotated[
    str,
    typer.Option(
        envvar="PILQR_TOKEN", help="What a browser must bring in the address; new: one is made up."
    ),
]
WhichPolicy = Annotated[
    str, typer.Option(help="local, global, or best: the global one where there is one.")
]


def is_given(option: str, context: typer.Context) -> bool:
    """Tell whether the user gave an option, on the command line or in the environment."""
    source = context.get_parameter_source(option)
    return source is not None and source.name != "DEFAULT"


def given_options(context: typer.Context, without: Collection[str]) -> str:
    """Return the options that the user gave, as a shell takes them.

    Args:
        context: The command's.
        without: Names of parameters to leave out.
    """
    words: list[str] = []
    for option in context.command.params:
        name = option.name
        if name is None or name in without or not is_given(name, context):
            continue
        value = context.params[name]
        if isinstance(value, bool):
            words.append(option.opts[0] if value else option.secondary_opts[0])
        else:
            words += [option.opts[0], str(value)]
    return shlex.join(words)


def condition_names(listed: str | None) -> tuple[str, ...]:
    """Return the names of conditions between commas, none if no option was given.

    An empty name stays, for the task to refuse: leaving it out could mean all conditions.
    """
    return () if listed is None else tuple(name.strip() for name in listed.split(","))


def names_of(text: str) -> tuple[str, ...]:
    """Return names that are separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def numbers_of(option: str, text: str) -> tuple[float, ...]:
    """Return finite numbers that are separated by commas.

    Raises:
        BadParameter: They are not.
    """
    try:
        numbers = tuple(float(number) for number in names_of(text))
    except ValueError as error:
        raise typer.BadParameter(f"{option} is {text!r}, expected numbers") from error
    if not all(map(isfinite, numbers)):
        raise typer.BadParameter(f"{option} is {text!r}, expected finite numbers")
    return numbers


def place_of(option: str, text: str) -> Array | None:
    """Return a place X,Y,Z; None if there is none.

    Raises:
        BadParameter: It is not three finite numbers.
    """
    numbers = numbers_of(option, text)
    if len(numbers) not in (0, 3):
        raise typer.BadParameter(f"{option} is {text!r}, expected X,Y,Z")
    return np.array(numbers) if numbers else None


def ending_in(*allowed: str) -> Callable[[Path | None], Path | None]:
    """Return what refuses a file to be written unless its name ends in one of these.

    Another ending is another format, or a slip that would cost a file that is no such thing.
    """

    def checked(path: Path | None) -> Path | None:
        if path is not None and path.suffix not in allowed:
            raise typer.BadParameter(f"{path} must end in {' or '.join(allowed)}")
        return path

    return checked
