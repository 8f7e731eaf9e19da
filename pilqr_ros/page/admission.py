"""Who may talk to a page: this machine's own browser, or whoever brings the token.

A page has buttons that act on a robot, and any web site that its user visits can send requests to
this machine. So a request must call the server by its own name, and come from the page itself:

- ``Host`` of a page on loopback must be a name of loopback (a foreign name that was made to point
  here has another one).
- ``Origin``, which a browser adds to every connection that a page opens, must be that host.
- Where there is a token, it must come in the address that is opened first, and then in the cookie
  that the answer to this sets, which the browser keeps from other sites.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

COOKIE = "pilqr_token"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_loopback(host: str) -> bool:
    """Tell whether an address to serve at is reached from this machine alone."""
    return host in LOOPBACK


@dataclass(frozen=True)
class Admission:
    """Decides about requests.

    Attributes:
        host: Address that is served at.
        token: What others must know; empty if nothing.
    """

    host: str
    token: str = ""

    def refusal(self, path: str, headers: Mapping[str, str]) -> str:
        """Return why a request is refused; empty if it is not.

        Args:
            path: What is asked for, with its query.
            headers: The request's, whatever the case of their names.
        """
        called = headers.get("Host", "")
        if is_loopback(self.host) and urlsplit(f"//{called}").hostname not in LOOPBACK:
            return f"this page is served at {self.host}, not at {called!r}"
        origin = headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != called:
            return f"another page, {origin!r}, may not use this one"
        if self.token and not any(map(self._is_token, (_asked(path), _kept(headers)))):
            return "the address must end in ?token= and the token that was printed at the start"
        return ""

    def cookie(self, path: str) -> str:
        """Return the cookie to set in the answer to a request that brings the token, or nothing."""
        if not self.token or not self._is_token(_asked(path)):
            return ""
        return f"{COOKIE}={self.token}; HttpOnly; SameSite=Strict; Path=/"

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())


def _asked(path: str) -> str:
    """Return the token in an address, or nothing."""
    return parse_qs(urlsplit(path).query).get("token", [""])[0]


def _kept(headers: Mapping[str, str]) -> str:
    """Return the token in a browser's cookies, or nothing."""
    try:
        cookies = SimpleCookie(headers.get("Cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""
