"""Who may talk to a page."""

import pytest

from pilqr_ros.page.admission import Admission

TOKEN = "a-token-that-is-long-enough"
HERE = {"Host": "127.0.0.1:8080"}


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:9999", "[::1]:8080", "localhost"])
def test_a_page_on_loopback_answers_to_the_names_of_loopback_at_any_port_of_a_tunnel(host):
    assert Admission("127.0.0.1").refusal("/", {"Host": host}) == ""


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", ""]
)
def test_a_foreign_name_that_points_to_this_machine_is_refused(host):
    assert "not at" in Admission("127.0.0.1").refusal("/", {"Host": host})


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:9000", "null", "http://localhost:8080"]
)
def test_a_connection_that_another_page_opens_is_refused(origin):
    assert "another page" in Admission("127.0.0.1").refusal("/", {**HERE, "Origin": origin})


def test_the_page_itself_may_connect():
    origin = {**HERE, "Origin": "http://127.0.0.1:8080"}
    assert Admission("127.0.0.1").refusal("/", origin) == ""


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=another-that-is-long-enough"])
def test_without_the_token_nothing_is_served(path):
    assert "token" in Admission("0.0.0.0", TOKEN).refusal(path, {"Host": "robot:8080"})


def test_the_token_is_asked_for_once_and_then_kept_from_other_sites():
    admission, host = Admission("0.0.0.0", TOKEN), {"Host": "robot:8080"}
    path = f"/?token={TOKEN}"
    assert admission.refusal(path, host) == ""
    cookie = admission.cookie(path)
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie
    kept = cookie.partition(";")[0]
    assert admission.refusal("/", {**host, "Cookie": kept}) == ""
    assert admission.refusal("/", {**host, "Cookie": "pilqr_token=wrong"})


@pytest.mark.parametrize("path", ["/", "/?token=wrong"])
def test_a_cookie_is_given_for_the_token_alone(path):
    assert Admission("0.0.0.0", TOKEN).cookie(path) == ""
    assert Admission("127.0.0.1").cookie(path) == ""
