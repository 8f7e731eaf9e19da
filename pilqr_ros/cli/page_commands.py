"""The commands that open a page for a browser."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import Discovery, Host, Namespace, Port, Robots, RunPath, Token
from pilqr_ros.cli.opened_run import opened
from pilqr_ros.cli.ros_needed import require_ros
from pilqr_ros.lifetime import ENDING, allow_ending
from pilqr_ros.runs.executed_task import load_executed_task

NEW_TOKEN = "new"
"""What asks for a token that is made up."""


def view(run: RunPath, port: Port = 8080, host: Host = "127.0.0.1", token: Token = "") -> None:
    """Show a run in a browser: arm, paths, curves, any rollout; without ROS. Ctrl-C ends it."""
    from pilqr_ros.page.run_page import RunPage

    store = opened(run)
    with ending_asked() as ended, served(port, host, token, "pilqr view") as server:
        page = RunPage(server, store)
        while not ended.is_set():
            page.work()


def dashboard(
    task: Annotated[
        str, typer.Argument(help="A task's name or file; else what the nodes execute.")
    ] = "",
    port: Port = 8080,
    host: Host = "127.0.0.1",
    token: Token = "",
    namespace: Namespace = "",
    discovery: Discovery = "auto",
    robots: Robots = "",
) -> None:
    """Show a running graph in a browser, live, with its emergency stop; Ctrl-C ends the page."""
    require_ros()
    from pilqr_ros.clients.graph_task import executed_task
    from pilqr_ros.dashboard.live_page import LivePage, graph_client
    from pilqr_ros.graph.discovery import limit_discovery
    from pilqr_ros.graph.robot_names import robot_names

    limit_discovery(discovery)
    names = robot_names(robots)
    with graph_client(namespace) as client:
        loaded = load_executed_task(task or executed_task(client.node, names[0]))
        title = f"pilqr {loaded.name}"
        with ending_asked() as ended, served(port, host, token, title) as server:
            page = LivePage(server, client.node, loaded, namespace, names)
            while not ended.is_set():
                page.work()


@contextlib.contextmanager
def ending_asked() -> Iterator[threading.Event]:
    """Yield what is set when this process is asked to end, in place of an interruption.

    That would come anywhere, also where a library holds one of its locks.
    """
    ended = threading.Event()
    previous = {n: signal.signal(n, lambda *_: ended.set()) for n in ENDING}
    allow_ending()
    try:
        yield ended
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def served(port: int, host: str, token: str, title: str) -> Iterator[Any]:
    """Serve an empty page, say where, and end it however the block is left."""
    from pilqr_ros.page.server import address, new_token, open_server

    token = new_token() if token == NEW_TOKEN else token
    server = open_server(port, host, token=token, title=title)
    show.console.print(f"open {address(server, token)} in a browser; Ctrl-C ends", soft_wrap=True)
    try:
        yield server
    finally:
        server.stop()
