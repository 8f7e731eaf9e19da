"""The command that tries what a user would pick instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros.cli import bars
from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import Conditions, TaskName, condition_names
from pilqr_ros.cli.sweep_arguments import PEERS_DIRECTORY, Address, executor_of
from pilqr_ros.peers.peer_run import PeerRun, do_all, plan, read, write_table


def peers(
    task: TaskName = "hockey",
    methods: Annotated[
        str, typer.Option(help="Separated by blanks: cma-es, sac, ddpg, tqc, crossq, trpo.")
    ] = "cma-es sac trpo",
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    episodes: Annotated[int, typer.Option(min=10, help="What each may learn from.")] = 250,
    every: Annotated[int, typer.Option(min=1, help="Episodes between two tests.")] = 50,
    tests: Annotated[int, typer.Option(min=1, help="Noise-free episodes of each test.")] = 20,
    conditions: Conditions = None,
    test_conditions: Annotated[
        str | None,
        typer.Option(help="Conditions of the tests, in turn; not given, those learned in."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one by default: libraries use all cores.")
    ] = None,
    address: Address = None,
    directory: Annotated[
        Path, typer.Option(help="Where results are kept.", file_okay=False)
    ] = PEERS_DIRECTORY,
) -> None:
    """Try other methods on a task: search over primitives, deep reinforcement learning."""
    runs = plan(
        task,
        methods.split(),
        range(first_seed, first_seed + seeds),
        directory,
        conditions=condition_names(conditions),
        episodes=episodes,
        every=every,
        tests=tests,
        test_conditions=condition_names(test_conditions),
    )
    with bars.counting_bar(f"{task}: {len(runs)} runs", len(runs)) as advance:

        def done(one: PeerRun, problem: str) -> None:
            advance()
            if problem:
                show.warn(f"{one.peer}, seed {one.seed}: {problem}")

        do_all(runs, executor_of(workers, address, default=1), done)
    _show(runs)
    table = write_table(runs, runs[0].path.parents[1] / "peers.csv")
    show.console.print(f"table: {table}", soft_wrap=True)


def _show(runs: Sequence[PeerRun]) -> None:
    """Print how the last test of each run went, one row a method."""
    shown = show.table(
        "noise-free successes after the last episode, by seed",
        "method", "episodes", "successes", "mean distance", "s a seed",
    )  # fmt: skip
    for peer in dict.fromkeys(one.peer for one in runs):
        last = [read(one)[-1] for one in runs if one.peer == peer and one.path.exists()]
        if last:
            shown.add_row(
                peer,
                str(last[0].episodes),
                " ".join(f"{one.successes}/{one.tests}" for one in last),
                " ".join(f"{one.mean_distance:.3f}" for one in last),
                " ".join(f"{one.seconds:.0f}" for one in last),
            )
    show.console.print(shown)
