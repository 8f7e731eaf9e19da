"""A page's server, asked by a program that is no browser."""

import http.client
import socket

import pytest

pytest.importorskip("viser", reason="viser is not installed")

from pilqr_ros.page.errors import PageError
from pilqr_ros.page.server import address, new_token, open_server


def get(server, path="/", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.get_port(), timeout=10.0)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


WEBSOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "viser-v1.1.1",
}


def test_the_page_is_served_on_loopback(server):
    assert address(server) == f"http://127.0.0.1:{server.get_port()}"
    assert get(server).status == 200


def test_another_site_can_neither_read_the_page_nor_press_its_buttons(server):
    assert get(server, Host="evil.example").status == 403
    assert get(server, Origin="http://evil.example", **WEBSOCKET).status == 403
    own = f"http://127.0.0.1:{server.get_port()}"
    assert get(server, Origin=own, **WEBSOCKET).status == 101


def test_a_page_for_others_is_served_with_its_token_alone():
    token = new_token()
    server = open_server(0, "0.0.0.0", token=token)
    try:
        assert get(server).status == 403
        assert get(server, **WEBSOCKET).status == 403
        answer = get(server, f"/?token={token}")
        assert answer.status == 200
        cookie = answer.getheader("Set-Cookie").partition(";")[0]
        assert get(server, Cookie=cookie, **WEBSOCKET).status == 101
    finally:
        server.stop()


def test_others_are_not_let_in_without_a_token():
    with pytest.raises(PageError, match=r"'0.0.0.0'.*a token is needed"):
        open_server(0, "0.0.0.0")


@pytest.mark.parametrize("token", ["short", "with spaces in it, and long", "a" * 129])
def test_a_token_that_is_guessed_or_cannot_stand_in_an_address_is_refused(token):
    with pytest.raises(PageError, match="16 to 128"):
        open_server(0, token=token)


def test_a_port_that_is_taken_is_told_and_no_other_one_is_taken_instead():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PageError, match="cannot be served at"):
            open_server(taken.getsockname()[1])


def test_no_tunnel_to_the_outside_is_opened_for_a_visitor(server):
    assert server.request_share_url() is None
