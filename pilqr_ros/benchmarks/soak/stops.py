"""Emergency stops whose guard is killed right after: the stop has to hold."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress

from std_msgs.msg import Float64MultiArray

from pilqr_msgs.msg import GuardState
from pilqr_ros.benchmarks.soak.strangers import STRANGERS_OFFSET
from pilqr_ros.benchmarks.soak.tally import Tally
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.clients.guard_client import GuardSwitch
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.nodes.errors import NodeError, SilenceError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.waiting import wait_for_condition
from pilqr_ros.robot.guard.interventions import GUARD

RESPAWN_TIMEOUT = 60.0
"""Longest wait for the guard that is started in the killed one's place [s]."""

GRACE = 0.2
"""After this time [s], a torque that was on its way when the stop was acknowledged has come."""

WATCHED = 1.0
"""How long the stopped robot is watched [s]."""


class StopThenKill:
    """Stops the guard, kills it, and looks whether the next one is stopped, too."""

    def __init__(
        self, group: ProcessGroup, client: ClientNode, chance: random.Random, tally: Tally
    ) -> None:
        """Listen to the guard.

        Args:
            group: The graph's processes.
            client: A node to speak through.
            chance: Draws how soon the guard is killed.
            tally: Counts stops and what went wrong.
        """
        self._group, self._chance, self._tally = group, chance, tally
        self._switch = GuardSwitch(client.node)
        self._states: list[int] = []
        self._stopped_since = float("inf")
        client.node.create_subscription(
            GuardState, "guard_state", lambda m: self._states.append(m.state), qos.LATCHED
        )
        client.node.create_subscription(
            Float64MultiArray, "effort_controller/commands", self._on_command, qos.RELIABLE
        )

    def inject(self) -> str:
        """Stop, kill, look, and let torque pass again; return what was done."""
        try:
            self._switch.do("stop")
        except NodeError as error:
            return f"no stop: {error}"
        self._stopped_since = time.monotonic() + GRACE
        try:
            self._kill_and_look()
            self._stopped_since = float("inf")
            self._tally.stops += 1
            self._switch.do("reset")
            self._switch.do("enable")
        except NodeError as error:
            self._tally.problems.append(f"after a stop: {error}")
        finally:
            self._stopped_since = float("inf")
        return "stop, then kill of the guard"

    def _kill_and_look(self) -> None:
        """Kill the guard and check that the next one is stopped and stays so."""
        time.sleep(self._chance.uniform(0.0, 0.3))
        self._states.clear()
        with suppress(ProcessLookupError):
            os.kill(self._group.pids[GUARD], signal.SIGKILL)
        wait_for_condition(lambda: bool(self._states), RESPAWN_TIMEOUT, GUARD, "come back")
        try:
            self._switch.do("enable")
        except SilenceError:
            raise
        except NodeError:
            pass  # as it has to be
        else:
            self._problem("enabled", "a stopped guard was killed, and the next one enabled")
        time.sleep(WATCHED)
        if set(self._states) != {GuardState.STOPPED}:
            self._problem("not stopped", f"after stop and kill the states were {self._states}")

    def _on_command(self, message: Float64MultiArray) -> None:
        foreign = message.layout.data_offset == STRANGERS_OFFSET
        if not foreign and any(message.data) and time.monotonic() > self._stopped_since:
            self._problem("torque")

    def _problem(self, kind: str, what: str = "") -> None:
        self._tally.unsafe[f"after a stop: {kind}"] += 1
        if what:
            self._tally.problems.append(what)
