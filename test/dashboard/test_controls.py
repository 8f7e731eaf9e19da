"""The page's buttons where there are several guards, without a browser."""

import threading
from types import SimpleNamespace

import pytest

from pilqr_ros.dashboard import controls
from pilqr_ros.errors import PilqrError


class Button(SimpleNamespace):
    def on_click(self, press):
        self.press = press


class Said:
    """What a text on the page shows."""

    shown = ""

    def __init__(self, _gui):
        pass

    def show(self, text):
        self.shown = text

    show_html = show


@pytest.fixture
def switched():
    """What was done to which guard."""
    return []


@pytest.fixture
def given_up():
    """Set when the left robot's guard, which is gone, is waited for no longer."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def page(monkeypatch, switched, given_up):
    """Return the buttons of a graph of two robots; nobody answers for the left one."""

    def switch(_switch, action, namespace):
        if namespace == "/lab/left":
            given_up.wait(10.0)
            raise PilqrError("effort_guard did not answer")
        switched.append((namespace, action))
        return "effort_guard: stopped"

    monkeypatch.setattr(controls, "GuardSwitch", lambda node, robot: robot)
    monkeypatch.setattr(controls, "TrainingControl", lambda node: None)
    monkeypatch.setattr(controls, "switch_through", switch)
    monkeypatch.setattr(controls, "Text", Said)
    gui = SimpleNamespace(add_button=lambda *_, **__: Button())
    return controls.Controls(gui, None, "lab", None, ["left", "right"])


def test_the_emergency_stop_waits_for_no_guard_that_is_gone(page, switched, wait_until):
    page._stop.press(None)
    wait_until(lambda: switched == [("/lab/right", "stop")], "the stop", 5.0)


def test_what_one_guard_refuses_is_done_to_the_others_and_told(page, switched, given_up):
    given_up.set()
    page._tell(lambda: page._do("enable"))
    assert switched == [("/lab/right", "enable")]
    assert "did not answer" in page._said.shown
