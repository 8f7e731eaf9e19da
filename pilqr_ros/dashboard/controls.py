"""The buttons of the live page; each does what a command does.

The emergency stop is one press, and has a thread of its own, so that nothing that is waited for
delays it. What lets torque pass again after one asks twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pilqr_msgs.msg import GuardState
from pilqr_ros.clients.guard_client import GuardSwitch, switch_through
from pilqr_ros.clients.training_control import TrainingControl
from pilqr_ros.dashboard.live_state import GuardNews, LiveState
from pilqr_ros.errors import PilqrError
from pilqr_ros.graph.naming import full_name
from pilqr_ros.graph.robot_names import ALONE
from pilqr_ros.page.text import Text, plain, toned
from pilqr_ros.robot.guard.interventions import GUARD

if TYPE_CHECKING:
    import viser
    from rclpy.node import Node

STOP = "EMERGENCY STOP"
RESET, REALLY_RESET = "reset the emergency stop", "press again: the stop is reset"
HAND: Any = "hand-stop"
TURN: Any = "rotate"
"""Icons; the library's type of their names is known only where it is installed."""

SECOND_PRESS = 5.0
"""A reset is done if it is pressed again within this time [s]."""


class Controls:
    """The buttons, and what came of the last press."""

    def __init__(
        self,
        gui: viser.GuiApi,
        node: Node,
        namespace: str,
        state: LiveState,
        robots: Sequence[str] = ALONE,
    ) -> None:
        """Add the emergency stop here; `add_others` adds the rest elsewhere.

        Args:
            gui: The page's controls.
            node: Asks the other nodes; another thread spins it.
            namespace: Where the graph is.
            state: What is known of the graph.
            robots: Names of its robots, each of which has a guard; all are switched together.
        """
        self._gui, self._state = gui, state
        self._switches = {full_name(namespace, one): GuardSwitch(node, one) for one in robots}
        self._training = TrainingControl(node)
        self._reset_asked = -SECOND_PRESS
        self._stop = gui.add_button(STOP, color="red", icon=HAND)
        self._guard, self._said = Text(gui), Text(gui)
        self._stop.on_click(lambda _: self._stop_now())

    def add_others(self) -> None:
        """Add the other buttons to the present place on the page."""
        gui = self._gui
        with gui.add_folder("training"):
            self._add("stop", "player-stop", self._training.stop)
            self._add("resume the last run", "player-play", self._resume)
        with gui.add_folder("torque"):
            self._add("enable", "bolt", lambda: self._do("enable"))
            self._add("disable", "bolt-off", lambda: self._do("disable"))
            self._reset = gui.add_button(RESET, color="orange", icon=TURN)
            self._reset.on_click(lambda _: self._reset_pressed())

    def draw(self, present: bool) -> None:
        """Show the guard's state, and take an unanswered first press of the reset back.

        Args:
            present: Whether a guard is there.
        """
        self._guard.show_html(guard_line(self._state.guard, present))
        waiting = time.monotonic() - self._reset_asked < SECOND_PRESS
        label = REALLY_RESET if waiting else RESET
        if self._reset.label != label:
            self._reset.label = label

    def _add(self, label: str, icon: Any, action: Callable[[], str]) -> None:  # noqa: ANN401
        button = self._gui.add_button(label, icon=icon)
        button.on_click(lambda _: self._tell(action))

    def _stop_now(self) -> None:
        """Stop every robot at once: none waits for another one's guard, which may be gone."""
        for place in self._switches:
            stop = partial(self._tell, partial(self._switch, place, "stop"))
            threading.Thread(target=stop, daemon=True).start()

    def _do(self, action: str) -> str:
        """Do something with every guard, also if one of them fails.

        Raises:
            PilqrError: Some did.
        """
        said, failed = set(), []
        for place in self._switches:
            try:
                said.add(self._switch(place, action))
            except PilqrError as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return "; ".join(sorted(said))

    def _switch(self, place: str, action: str) -> str:
        """Switch a guard and return what is not told beside it: its own state is."""
        said = switch_through(self._switches[place], action, place)
        return f"{action}: done" if said.startswith(GUARD) else said

    def _reset_pressed(self) -> None:
        """Reset at the second press in a short time."""
        now, self._reset_asked = self._reset_asked, time.monotonic()
        if self._reset_asked - now < SECOND_PRESS:
            self._reset_asked = -SECOND_PRESS
            self._tell(lambda: self._do("reset"))

    def _resume(self) -> str:
        progress = self._state.progress
        if progress is None:
            return self._training.resume("", "")
        return self._training.resume(progress.run_directory, progress.action)

    def _tell(self, action: Callable[[], str]) -> None:
        """Do something and show what came of it."""
        try:
            self._said.show(action())
        except PilqrError as error:
            self._said.show_html(toned(str(error), "bad"))


def guard_line(guard: GuardNews | None, present: bool) -> str:
    """Return the guard's state as HTML."""
    if not present:
        return toned("no guard is there: no torque passes", "bad")
    if guard is None:
        return toned("the guard has not told its state yet", "warning")
    if guard.state == GuardState.STOPPED:
        then = plain(f"{guard.reason.partition(':')[0]}; under Control: reset, then enable")
        return f"{toned('EMERGENCY STOP: torque is zero', 'bad')}<br>{then}"
    if guard.state == GuardState.ENABLED:
        return toned("torque may pass", "good")
    return toned(f"torque is zero: {guard.reason or 'the guard is disabled'}", "warning")
