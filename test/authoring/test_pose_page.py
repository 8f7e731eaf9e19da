"""The page that moves an arm, in a real browser."""

import threading

import numpy as np
import pytest

pytest.importorskip("viser", reason="viser is not installed")

from pilqr_ros.authoring.pose import Poser, joints_line
from pilqr_ros.authoring.pose_page import PosePage
from pilqr_ros.page.server import address, open_server


@pytest.fixture
def posed(two_joints):
    """The page of the arm of two joints: its address, and the page."""
    server, ended, task = open_server(0), threading.Event(), two_joints()
    page = PosePage(server, task, 0, Poser(task), "tip")

    def work():
        while not ended.is_set():
            page.work()

    thread = threading.Thread(target=work)
    thread.start()
    yield address(server), page
    ended.set()
    thread.join()
    server.stop()


def test_a_slider_moves_the_arm_and_the_line_and_a_button_puts_it_back(posed, visit):
    seen = visit(posed[0])
    seen.read("tip at [0.200, 0.000, 0.000]")
    assert seen.colors("canvas") > 20
    seen.box(1).fill("1.5708")
    seen.page.keyboard.press("Enter")
    seen.read("tip at [0.100, 0.100, 0.000]")
    seen.read("joints: [0.0000, 1.57")
    seen.page.get_by_role("button", name="as the task file has it").click()
    seen.read(joints_line(np.zeros(2)))
    assert seen.hosts == {"127.0.0.1"}
    assert seen.errors == []


def test_the_handle_brings_the_site_to_where_it_is_dragged(posed, visit):
    where, page = posed
    seen = visit(where)
    page._handle.position = (0.15, 0.05, 0.0)
    page._pending.add("handle")
    seen.read("tip at [0.150, 0.050, 0.000]")
    page._handle.position = (0.5, 0.0, 0.0)
    page._pending.add("handle")
    seen.read("mm short of the handle")
