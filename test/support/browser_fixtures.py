"""A real browser without a screen; tests that need it are skipped where there is none."""

import io
import shutil
from urllib.parse import urlsplit

import numpy as np
import pytest
from matplotlib.image import imread

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SOFTWARE_GL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
HAS_ROOM = """selector => {
  const box = document.querySelector(selector)?.getBoundingClientRect();
  return box && box.width > 0 && box.height > 0;
}"""
WAIT = 60_000.0
"""Longest wait for what only has to come [ms]."""


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip("there is no Chromium: install the system package chromium")
    with sync_api.sync_playwright() as playwright:
        one = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", *SOFTWARE_GL], headless=True
        )
        yield one
        one.close()


class Visit:
    """A page that is open in the browser.

    Attributes:
        page: Playwright's.
        hosts: Whom it sent requests to.
        errors: What it threw.
    """

    def __init__(self, browser, address, width=640, height=480):
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(WAIT)
        self.hosts, self.errors = set(), []
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda socket: self._note(socket.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)

    def _note(self, url):
        if not url.startswith(("blob:", "data:")):
            self.hosts.add(urlsplit(url).hostname)

    def tab(self, name):
        self.page.get_by_role("tab", name=name).click()

    def read(self, text):
        """Wait for a text and return the element that has it."""
        found = self.page.get_by_text(text).first
        found.wait_for()
        return found

    def box(self, number):
        """Return the box of a number: they are counted as they stand on the page."""
        return self.page.locator(".mantine-NumberInput-input").nth(number)

    def colors(self, selector):
        """Return how many different colours the first element of a kind has as it is seen."""
        self.page.wait_for_function(HAS_ROOM, arg=selector)
        clip = self.page.locator(selector).first.bounding_box()
        picture = io.BytesIO(self.page.screenshot(clip=clip))
        pixels = (255 * imread(picture, format="png")[..., :3]).astype(int).reshape(-1, 3)
        return len(np.unique(pixels, axis=0))


@pytest.fixture
def visit(browser):
    """Return what opens a page in the browser; it ends with the test."""
    opened = []

    def open_page(address, **size):
        opened.append(Visit(browser, address, **size))
        return opened[-1]

    yield open_page
    for one in opened:
        one.page.close()
