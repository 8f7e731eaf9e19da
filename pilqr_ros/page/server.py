"""The server of a page: viser's, behind a check of every request."""

from __future__ import annotations

import contextlib
import http
import io
import math
import re
import secrets
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from unittest import mock

from pilqr_ros.page.admission import Admission, is_loopback
from pilqr_ros.page.errors import PageError

if TYPE_CHECKING:
    import viser

HOST = "127.0.0.1"
PORT = 8080
MAX_PORT = 65535

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def open_server(
    port: int = PORT, host: str = HOST, *, token: str = "", title: str = "pilqr"
) -> viser.ViserServer:
    """Start to serve an empty page; it ends with this process, or with its ``stop()``.

    Args:
        port: Where; 0 for any that is free.
        host: Address of the network device to serve at.
        token: What browsers must bring in the address (``?token=...``); needed unless `host` is
            one of loopback. It keeps strangers out, not those who can read the network's traffic.
        title: What stands over the controls.

    Raises:
        PageError: viser is not installed, the port is taken, or a token is needed.
    """
    _check(host, port, token)
    try:
        import viser
    except ImportError as error:
        raise PageError("a page needs viser: pip install 'pilqr_ros[view]'") from error
    with _guarded(Admission(host, token)) as installed, contextlib.redirect_stdout(io.StringIO()):
        server = viser.ViserServer(host=host, port=port, label=title, verbose=False)
    if not installed():
        server.stop()
        raise PageError("this version of viser does not let requests be checked: install another")
    # Nothing leaves this machine: viser's button to share a page would open a tunnel.
    server.request_share_url = lambda verbose=True: None  # type: ignore[method-assign]
    server.on_client_connect(_widen)
    # A fifth of the work: phones draw it, and machines that draw without a GPU.
    server.scene.configure_default_lights(cast_shadow=False)
    server.gui.configure_theme(show_logo=False, show_share_button=False, control_width="large")
    return server


def address(server: viser.ViserServer, token: str = "") -> str:
    """Return what to open in a browser."""
    query = f"/?token={token}" if token else ""
    return f"http://{server.get_host()}:{server.get_port()}{query}"


def _widen(client: viser.ClientHandle) -> None:
    """Show as much from left to right on a phone's screen as on a square one."""
    camera = client.camera
    if camera.aspect < 1.0:
        camera.fov = 2.0 * math.atan(math.tan(camera.fov / 2.0) / camera.aspect)


def _check(host: str, port: int, token: str) -> None:
    """Check what can be wrong before anything is opened."""
    if not is_loopback(host) and not token:
        raise PageError(
            f"host is {host!r}: others reach it, so a token is needed (--token), or an ssh "
            f"tunnel to {HOST} instead"
        )
    if token and not _TOKEN.fullmatch(token):
        raise PageError("token must be 16 to 128 letters, digits, - or _")
    if not 0 <= port <= MAX_PORT:
        raise PageError(f"port is {port}, allowed is 0 to {MAX_PORT}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PageError(f"{host}:{port} cannot be served at: {error.strerror}") from error


@contextlib.contextmanager
def _guarded(admission: Admission) -> Iterator[Callable[[], bool]]:
    """Let the server that is created meanwhile check every request, that for a websocket, too.

    viser has no place for such a check; it is put where viser asks the library websockets to serve.

    Yields:
        Tells whether it was put there.
    """
    from websockets.asyncio import server as websockets_server

    serve = websockets_server.serve
    checked: list[Any] = []

    def checking(*arguments: Any, process_request: Any = None, **options: Any) -> Any:  # noqa: ANN401
        checked.append(process_request)
        return serve(*arguments, process_request=_checked(admission, process_request), **options)

    with mock.patch.object(websockets_server, "serve", checking):
        yield lambda: bool(checked) and checked[0] is not None


def _checked(admission: Admission, answer: Callable[..., Any]) -> Callable[..., Any]:
    """Return what answers a request once it is admitted."""

    def process(connection: Any, request: Any) -> Any:  # noqa: ANN401
        why = admission.refusal(request.path, request.headers)
        if why:
            return connection.respond(http.HTTPStatus.FORBIDDEN, f"refused: {why}\n")
        response = answer(connection, request)
        cookie = admission.cookie(request.path)
        if response is not None and cookie:
            response.headers["Set-Cookie"] = cookie
        return response

    return process
