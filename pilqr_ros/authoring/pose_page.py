"""The page of `pilqr pose`: the arm in its scene, moved by sliders or by a handle at a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pilqr_ros.authoring.pose import Poser, Wanted, joints_line
from pilqr_ros.page.drawings import TargetDrawing
from pilqr_ros.page.player import Pending
from pilqr_ros.page.scene import ModelScene
from pilqr_ros.page.text import Text, plain, toned
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    import viser

SLIDERS, HANDLE, START, SITE = "sliders", "handle", "start", "site"
"""What a visitor moved or asked for."""

STEP = 0.001
"""Least step of a slider [rad or m]."""

HANDLE_SIZE = 0.2
"""Of the handle at the site [m]."""

WAIT = 1.0
"""Longest wait for a visitor in one turn of the page's work [s]."""

_TRIES = 0
"""Random poses to begin from while the handle moves: a jump would not be a movement."""


class PosePage:
    """A slider for each joint, a handle at a site, and the line for the task file."""

    def __init__(
        self, server: viser.ViserServer, task: Task, condition: int, poser: Poser, site: str
    ) -> None:
        """Build the page; `work` keeps it going.

        Args:
            server: The page's server.
            task: The task.
            condition: Index of the condition.
            poser: The arm, where the page begins.
            site: The robot's site at which the handle is at first.
        """
        self._poser, self._pending, self._setting = poser, Pending(), False
        gui, sites = server.gui, poser.sites()
        self._scene = ModelScene(server, poser.model, sites)
        TargetDrawing(server, task).draw(condition)
        self._line, self._said = Text(gui), Text(gui)
        self._site = gui.add_dropdown("handle at", sites, initial_value=site)
        self._sliders: list[Any] = [
            gui.add_slider(name, min=low, max=high, step=STEP, initial_value=value)
            for name, low, high, value in zip(
                task.joints, *poser.bounds, np.clip(poser.q, *poser.bounds), strict=True
            )
        ]
        back = gui.add_button("as the task file has it")
        self._handle = server.scene.add_transform_controls(
            "/pose", scale=HANDLE_SIZE, disable_rotations=True, position=poser.place(site)
        )
        for slider in self._sliders:
            slider.on_update(self._moved)
        self._handle.on_update(self._pending.asks(HANDLE))
        back.on_click(self._pending.asks(START))
        self._site.on_update(self._pending.asks(SITE))
        self._show("")

    def work(self) -> None:
        """Do what a visitor asked for, or wait for it a while."""
        asked = self._pending.take(WAIT)
        if HANDLE in asked:
            wanted = Wanted(self._site.value, np.array(self._handle.position, dtype=np.float64))
            found = self._poser.solve(wanted, tries=_TRIES)
            self._put_sliders(found.q)
            self._show("" if found.there else f"{1e3 * found.error:.0f} mm short of the handle")
        elif START in asked:
            self._poser.move(self._poser.start)
            self._put_sliders(self._poser.start)
            self._put_handle()
        elif SLIDERS in asked:
            self._poser.move(np.array([slider.value for slider in self._sliders]))
            self._put_handle()
        elif SITE in asked:
            self._put_handle()

    def _moved(self, _event: object) -> None:
        """Note that a visitor, not this page, moved a slider."""
        if not self._setting:
            self._pending.add(SLIDERS)

    def _put_sliders(self, q: Array) -> None:
        self._setting = True
        for slider, value in zip(self._sliders, q, strict=True):
            slider.value = float(np.clip(value, slider.min, slider.max))
        self._setting = False

    def _put_handle(self) -> None:
        self._handle.position = self._poser.place(self._site.value)
        self._show("")

    def _show(self, short: str) -> None:
        """Move the arm on the page, and tell its pose and what is wrong with it."""
        self._scene.show(self._poser.data)
        self._line.show_html(f"<code>{plain(joints_line(self._poser.q))}</code>")
        place = ", ".join(f"{value:.3f}" for value in self._poser.place(self._site.value))
        lines = [plain(f"{self._site.value} at [{place}]")]
        found = self._poser.found
        lines += [toned(joint, "bad") for joint in found.outside]
        lines += [toned(f"{pair} touch", "bad") for pair in found.touching]
        lines += [toned(found.refused, "bad")] if found.refused else []
        lines += [toned(short, "warning")] if short else []
        self._said.show_html("<br>".join(lines))
