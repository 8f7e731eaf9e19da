"""Options that say where many runs are done and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros.sweeps.executor import Executor
from pilqr_ros.sweeps.process_pool import ProcessPool
from pilqr_ros.sweeps.ray_cluster import RayCluster

PEERS_DIRECTORY = Path("runs/peers")
"""Where results of `pilqr peers` are kept by default."""

Address = Annotated[
    str | None,
    typer.Option(
        help="A Ray cluster that does the runs, as Ray has it: auto, head:6379, ray://head:10001."
    ),
]


def executor_of(
    workers: int | None, address: str | None, *, default: int | None = None
) -> Executor:
    """Return what does the runs of a command: processes of this machine, or a cluster.

    Args:
        workers: How many processes are asked for.
        address: The cluster.
        default: How many processes there are if neither is asked for; None for one a core.

    Raises:
        BadParameter: Both are asked for.
    """
    if address is None:
        return ProcessPool(default if workers is None else workers)
    if workers is not None:
        raise typer.BadParameter("--workers are of this machine: leave out --address, or --workers")
    return RayCluster(address)
