"""Choosing a rollout of a run, and moving through it in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import viser

PLAY, PAUSE = "play", "pause"


class Player:
    """A slider over the time steps of a rollout, and a button that moves it in real time."""

    def __init__(self, gui: viser.GuiApi, dt: float, on_step: Callable[[], None]) -> None:
        """Add the controls.

        Args:
            gui: The page's controls.
            dt: Control period [s].
            on_step: Called, in any thread, when another step is to be shown.
        """
        self._dt = dt
        self._slider: Any = gui.add_slider("time step", min=0, max=1, step=1, initial_value=0)
        self._button = gui.add_button(PLAY)
        self._due = 0.0
        self.playing = False
        self._slider.on_update(lambda _: on_step())
        self._button.on_click(lambda _: self._toggle(on_step))

    @property
    def step(self) -> int:
        """The step that is shown."""
        return int(self._slider.value)

    @property
    def wait(self) -> float | None:
        """How long until the next step is due [s]; None while nothing plays."""
        return max(0.0, self._due - time.monotonic()) if self.playing else None

    def load(self, steps: int) -> None:
        """Begin a rollout of so many steps at its first one."""
        self._slider.max = max(1, steps - 1)
        self._slider.value = 0

    def advance(self) -> None:
        """Show the step that is due, if one is; after the last one begin again."""
        if not self.playing or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._dt
        self._slider.value = 0 if self.step >= self._slider.max else self.step + 1

    def _toggle(self, on_step: Callable[[], None]) -> None:
        self.playing = not self.playing
        self._due = time.monotonic()
        self._button.label = PAUSE if self.playing else PLAY
        on_step()


class Pending:
    """What is to be drawn again, collected by any thread and done by one."""

    def __init__(self) -> None:
        """Nothing is."""
        self._condition = threading.Condition()
        self._names: set[str] = set()

    def add(self, *names: str) -> None:
        """Ask for drawing some things again."""
        with self._condition:
            self._names |= set(names)
            self._condition.notify_all()

    def asks(self, *names: str) -> Callable[[Any], None]:
        """Return a callback of a control that asks for this."""
        return lambda _event: self.add(*names)

    def take(self, timeout: float) -> set[str]:
        """Wait until something is asked for, no longer than this [s], and return all of it."""
        with self._condition:
            self._condition.wait_for(lambda: bool(self._names), timeout)
            names, self._names = self._names, set()
        return names
