"""Peers in the paper's figures: their results join the table, or the commands that make them."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pilqr_ros.cli import console as show
from pilqr_ros.cli.sweep_arguments import PEERS_DIRECTORY

if TYPE_CHECKING:
    from pilqr_ros.experiments.learning_table import LearningTable
    from pilqr_ros.experiments.paper import PaperFigure


def joined(measured: LearningTable, figure: PaperFigure, directory: Path) -> LearningTable:
    """Return a table with the results of peers that belong in it; say which do not.

    Args:
        measured: The table of a figure's own methods.
        figure: The figure.
        directory: Where results of peers are.

    Raises:
        PeerError: A file there is no result.
        RunError: It cannot be read.
    """
    from pilqr_ros.experiments.peer_rows import peer_rows
    from pilqr_ros.tasks import load_task

    found = peer_rows(load_task(figure.task), directory)
    if found.left_out:
        names = ", ".join(f"{path.parent.name}/{path.stem}" for path in found.left_out)
        show.warn(
            f"of {directory / figure.task} are left out, since they learned or were tested "
            f"otherwise than the networks: {names}"
        )
    return replace(measured, rows=measured.rows + found.rows)


def peer_commands(measured: LearningTable, figure: PaperFigure, directory: Path) -> list[str]:
    """Return the commands that make the results of peers that a figure lacks, one a peer.

    Each is given as many times the samples of the networks as the paper tells, and is tested
    whenever it has had as many as they.
    """
    from pilqr_ros.evaluation.policy_tests import named_test
    from pilqr_ros.experiments.variants import parse_variant
    from pilqr_ros.runs.run_config import RunConfig
    from pilqr_ros.tasks import load_task

    tried = measured.of("test").variants
    lacking = {peer: times for peer, times in figure.peers.items() if peer not in tried}
    if not lacking:
        return []
    task, variant = load_task(figure.task), parse_variant(figure.methods[0])
    config = RunConfig.for_task(
        variant.apply(task), variant.method, seed=0, iterations=figure.iterations
    )
    samples = config.rollouts * config.iterations * len(config.conditions)
    test = named_test(task, figure.test)
    groups = dict.fromkeys(task.conditions[index].group for index in test.conditions)
    where = [] if directory == PEERS_DIRECTORY else ["--directory", str(directory)]
    return [
        shlex.join(
            [
                *("pilqr", "peers", figure.task, "--methods", peer, "--seeds", str(figure.seeds)),
                *("--episodes", str(times * samples), "--every", str(samples)),
                *("--tests", str(len(test.conditions) * test.rollouts)),
                *("--test-conditions", ",".join(groups), *where),
            ]
        )
        for peer, times in lacking.items()
    ]
