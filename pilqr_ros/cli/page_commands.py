"""The commands that open a page for a browser."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import Host, Port, RunPath, Token
from pilqr_ros.cli.learning_commands import opened

NEW_TOKEN = "new"
"""What asks for a token that is made up."""


def view(run: RunPath, port: Port = 8080, host: Host = "127.0.0.1", token: Token = "") -> None:
    """Show a run in a browser: arm, paths, curves, any rollout; without ROS. Ctrl-C ends it."""
    from pilqr_ros.page.run_page import RunPage

    store = opened(run)
    with contextlib.suppress(KeyboardInterrupt), served(port, host, token, "pilqr view") as server:
        page = RunPage(server, store)
        while True:
            page.work()


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
