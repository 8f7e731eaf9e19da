"""The command `pilqr deploy`: a trained policy at work, without a learner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilqr_ros import console as show
from pilqr_ros.learning.policy_evaluation import policy_of
from pilqr_ros.learning.run_store import TASK_FILE, open_run
from pilqr_ros.sessions import require_ros

WhichPolicy = Annotated[
    str, typer.Option(help="local, global, or best: the global one where there is one.")
]


def deploy(
    run: Annotated[Path, typer.Argument(help="A run's directory.", exists=True, file_okay=False)],
    policy: WhichPolicy = "best",
    condition: Annotated[
        str | None, typer.Option(help="Name of the condition; else the first trained one.")
    ] = None,
    times: Annotated[
        int, typer.Option(min=0, help="Execute it so often and end; 0: on each request.")
    ] = 0,
    real_time_factor: Annotated[
        float, typer.Option(min=0.0, max=10.0, help="1: real time; 0: as fast as the graph goes.")
    ] = 0.0,
    namespace: Annotated[str, typer.Option(help="Namespace of all nodes.")] = "",
) -> None:
    """Serve a trained policy through the executor, without a learner; Ctrl-C ends it."""
    require_ros()
    from pilqr_ros.nodes.clients.deployment import execute
    from pilqr_ros.nodes.graph import DEPLOYED, DeploymentOptions, run_graph

    store = open_run(run)
    chosen = store.config.conditions[0]
    if condition is not None:
        chosen = store.task.condition_indices([condition])[0]
    policy_of(store, policy, -1, chosen)
    options = DeploymentOptions(
        task=str(run.resolve() / TASK_FILE),
        run=str(run.resolve()),
        policy=policy,
        condition="" if condition is None else condition,
        real_time_factor=real_time_factor,
        namespace=namespace,
    )
    if times > 0:
        execute(options, times, lambda _success, message: show.console.print(message))
        return
    place = "/".join(part for part in ("", namespace.strip("/"), "policy_server") if part)
    show.console.print(f"ros2 service call /{place}/execute std_srvs/srv/Trigger executes it once")
    raise typer.Exit(run_graph(options, DEPLOYED))
