"""The commands `pilqr bag ...`: what was recorded, as tables, as arrays, or as a training again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros.cli import bars, tables
from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import Runs
from pilqr_ros.recording import reader
from pilqr_ros.recording.bag import repair as mend
from pilqr_ros.recording.export import ListedRollout, export_rollouts, list_rollouts
from pilqr_ros.recording.recorded_run import read_run
from pilqr_ros.recording.replay import redo
from pilqr_ros.runs.outside import check_outside

app = typer.Typer(no_args_is_help=True, add_completion=False)

BagPath = Annotated[
    Path, typer.Argument(help="A run or a bag.", metavar="RUN_OR_BAG", exists=True, file_okay=False)
]


@app.callback()
def bag() -> None:
    """Look at what was recorded."""


@app.command()
def info(path: BagPath) -> None:
    """Tell which files and topics a bag has."""
    found = reader.bag_info(reader.find_bag(path))
    megabytes = sum(found.files.values()) / 1e6
    show.console.print(
        f"{found.directory}: {len(found.files)} files, {megabytes:.1f} MB, {found.seconds:.1f} s, "
        f"{found.message_count} messages",
        soft_wrap=True,
    )
    table = show.table("", "topic", "type", "messages")
    for topic in found.topics:
        table.add_row(topic.name, topic.type, str(topic.messages))
    show.console.print(table)


@app.command("list")
def list_(path: BagPath) -> None:
    """List the rollouts of a bag: where each stands, whether it is valid, and what it cost."""
    run = read_run(reader.find_bag(path))
    config = run.store.config
    title = f"{config.task}, {config.method}, seed {config.seed}"
    columns = ("iteration", "condition", "rollout", "seed", "valid", "cost", "success")
    table = show.table(title, *columns)
    for one in list_rollouts(run):
        table.add_row(*_row(one, [condition.name for condition in run.store.task.conditions]))
    show.console.print(table)


@app.command()
def export(
    path: BagPath,
    directory: Annotated[Path, typer.Argument(help="Where the arrays go.", file_okay=False)],
) -> None:
    """Write the rollouts of a bag as arrays, one .npz each, and their costs."""
    check_outside(directory, path)
    paths = export_rollouts(read_run(reader.find_bag(path)), directory)
    show.console.print(f"{len(paths)} rollouts are in {directory}", soft_wrap=True)


@app.command()
def repair(path: BagPath) -> None:
    """Mend a bag whose recorder was killed, so that every reader takes it."""
    mended = mend(reader.find_bag(path, mended=False))
    names = ", ".join(one.name for one in mended) or "nothing"
    show.console.print(f"mended: {names}", soft_wrap=True)


@app.command()
def replay(
    path: BagPath,
    runs: Runs = Path("runs"),
) -> None:
    """Do a training again from its bag, without any robot: the same policies in a new run.

    Where the bag ends before the training, so does the run.
    """
    run = read_run(reader.find_bag(path))
    with bars.TrainingBar(f"{run.store.config.task} {run.store.config.method}") as bar:
        store, ended = redo(run, runs, bar.update)
    tables.show_iterations(store)
    if ended:
        show.warn(ended)
    show.console.print(f"run: {store.directory}", soft_wrap=True)


def _row(one: ListedRollout, conditions: list[str]) -> list[str]:
    """Return a rollout's cells."""
    rollout, place, cost = one.recorded.rollout, one.recorded.place, one.cost
    return [
        "" if place is None else str(place.iteration + 1),
        conditions[rollout.condition],
        "" if place is None else str(place.sample + 1),
        str(rollout.seed),
        "yes" if rollout.valid else f"no: {rollout.reason}",
        "" if cost is None else f"{cost.total:.1f}",
        "" if cost is None else ("yes" if cost.success else "no"),
    ]
