"""The commands that stop, release and move a robot whose nodes run.

A stop shall not wait: nothing here, nor what it imports, loads a task, MuJoCo or scipy.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import Discovery, Namespace, Wait
from pilqr_ros.cli.ros_needed import require_ros


def guard(
    action: Annotated[str, typer.Argument(help="enable, disable, stop or reset.")],
    namespace: Namespace = "",
) -> None:
    """Let torques pass, or not: enable, disable, stop (emergency stop), reset (after a stop).

    Without nodes, stop and reset are for the next ones.
    """
    require_ros()
    from pilqr_ros.clients.guard_client import switch_guard

    show.console.print(switch_guard(action, namespace), soft_wrap=True)


def confirm(namespace: Namespace = "") -> None:
    """Tell a reset that waits for a hand that everything is in place."""
    require_ros()
    from pilqr_ros.clients.operator import confirm_reset

    answer = confirm_reset(namespace)
    show.console.print(answer.message, soft_wrap=True)
    raise typer.Exit(0 if answer.accepted else 1)


def execute(
    times: Annotated[int, typer.Option(min=1, help="How often.")] = 1,
    namespace: Namespace = "",
    wait: Wait = 5,
    discovery: Discovery = "auto",
    stop: Annotated[
        bool, typer.Option("--stop", help="End what it does now, whoever asked for it.")
    ] = False,
) -> None:
    """Let a policy that `pilqr deploy` serves be executed; exit code 1 unless each one succeeds.

    Ctrl-C ends the reset or the rollout under way, with zero torque, and so does --stop elsewhere.
    """
    require_ros()
    from pilqr_ros.clients import deployment
    from pilqr_ros.graph.discovery import limit_discovery
    from pilqr_ros.graph.guard_record import guard_command

    limit_discovery(discovery)
    if stop:
        show.console.print(deployment.stop(namespace, wait), soft_wrap=True)
        return
    succeeded: list[bool] = []

    def on_answer(result: Any) -> None:  # noqa: ANN401
        succeeded.append(result.success)
        show.console.print(result.message, soft_wrap=True)

    try:
        deployment.request(namespace, times, on_answer, wait)
    except KeyboardInterrupt:
        guard_stop = guard_command("stop", namespace)
        show.warn(
            f"what was under way was told to stop; {guard_stop} stops the arm, whatever happens"
        )
        raise
    raise typer.Exit(0 if all(succeeded) else 1)
