"""The live page of a running graph: `pilqr dashboard`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.dashboard.controls import Controls
from pilqr_ros.dashboard.listener import LiveListener
from pilqr_ros.dashboard.live_scene import LiveScene
from pilqr_ros.dashboard.live_state import SILENCE, Health, LiveState
from pilqr_ros.graph.robot_names import ALONE
from pilqr_ros.page.charts import Chart, Line
from pilqr_ros.page.diagnosis_view import DiagnosisView
from pilqr_ros.page.learning_charts import LearningCurves, UpdateCharts
from pilqr_ros.page.text import Text, plain, toned
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import RunStore, open_run
from pilqr_ros.tasks import Task

if TYPE_CHECKING:
    import viser
    from rclpy.node import Node

PERIOD = 0.05
"""The robot is moved once in this time [s]."""

TEXT_PERIOD = 0.5
"""Texts and curves are drawn once in this time [s]."""

TONES = {0: "good", 1: "warning", 2: "bad", 3: "bad"}
"""Tone of a diagnosis by its level: ok, warning, error, stale."""

SHOWN_LINES = 60
INPUT = ": input "
"""What the names of the inputs' diagnostics have in them."""


class LivePage:
    """Builds the page and keeps it up to date."""

    def __init__(
        self,
        server: viser.ViserServer,
        node: Node,
        task: Task,
        namespace: str,
        robots: Sequence[str] = ALONE,
    ) -> None:
        """Build the page and begin to listen.

        Args:
            server: The page's server.
            node: Hears the graph; another thread spins it.
            task: What the graph executes.
            namespace: Namespace of its nodes.
            robots: Names of its robots.
        """
        self._server, self._task = server, task
        self.state = LiveState()
        self._listener = LiveListener(node, task, self.state, robots)
        self._text_due = 0.0
        self._seen: dict[str, int] = {}
        self._controls = Controls(server.gui, node, namespace, self.state, robots)
        self._learner = Text(server.gui)
        self._bar: Any = server.gui.add_progress_bar(0.0, visible=False)
        self._build_tabs()

    def work(self) -> None:
        """Draw what is new and wait a little."""
        began = time.monotonic()
        if self._server.get_clients():
            state = self._listener.newest_state()
            if state is not None:
                self._scene.move(state)
        self._listener.fetch_torques()
        if began >= self._text_due:
            self._text_due = began + TEXT_PERIOD
            self._draw()
        time.sleep(max(0.0, PERIOD - (time.monotonic() - began)))

    def _build_tabs(self) -> None:
        gui, task = self._server.gui, self._task
        tabs = gui.add_tab_group()
        with tabs.add_tab("Learning"):
            names = [condition.name for condition in task.conditions]
            self._curves = LearningCurves(gui, names, task.distance_label)
        with tabs.add_tab("Control"):
            self._controls.add_others()
        with tabs.add_tab("Robot"):
            self._inputs, self._nodes = Text(gui), Text(gui)
            self._torques = Chart(gui, "applied torque / limit of each joint", "control step")
            with gui.add_folder("in the scene"):
                self._scene = LiveScene(self._server, task)
        with tabs.add_tab("Update"):
            self._update = UpdateCharts(gui, task.joints)
        with tabs.add_tab("Diagnosis"):
            DiagnosisView(gui, self._open_run)
        with tabs.add_tab("Log"):
            self._log = Text(gui)

    def _open_run(self) -> RunStore:
        """Open the last run that was heard of, if it is on this machine.

        Raises:
            RunError: None was heard of, or it is not here.
        """
        if not self.state.run_directory:
            raise RunError("no run was heard of yet")
        return open_run(Path(self.state.run_directory))

    def _draw(self) -> None:
        """Draw everything but the robot, as far as it has changed."""
        live, now = self.state, time.monotonic()
        self._controls.draw(self._listener.guard_is_present())
        said, tone = live.learner_says(now)
        self._learner.show_html(toned(said, tone) if tone else plain(said))
        self._draw_bar()
        self._scene.draw(live)
        with live.lock:
            healths, torques = dict(live.healths), list(live.torques)
            points, update, policy = list(live.points.values()), live.update, live.policy
            lines = list(live.log)[-SHOWN_LINES:]
        self._inputs.show_table(input_rows(healths, now))
        self._nodes.show_table(node_rows(healths, now))
        self._draw_torques(np.array(torques))
        if self._has_changed("points"):
            self._curves.draw(points)
        if self._has_changed("update"):
            self._update.draw(update, policy)
        if self._has_changed("log"):
            self._log.show_lines(lines[::-1])

    def _draw_bar(self) -> None:
        progress, active = self.state.progress, self.state.active
        self._bar.visible = active and progress is not None
        if progress is not None:
            self._bar.value = round(100.0 * progress.share, 1)

    def _draw_torques(self, torques: np.ndarray) -> None:
        if len(torques) > 1:
            lines = [Line(joint, torques[:, i]) for i, joint in enumerate(self._task.joints)]
            self._torques.draw(np.arange(-len(torques) + 1, 1, dtype=np.float64), lines)

    def _has_changed(self, name: str) -> bool:
        """Tell whether a part has changed since it was asked for last."""
        count = self.state.changes.get(name, 0)
        changed, self._seen[name] = count != self._seen.get(name, 0), count
        return changed


def graph_client(namespace: str = "") -> ClientNode:
    """Return the node through which a live page hears and asks a graph (errors as its class)."""
    return ClientNode("pilqr_dashboard", namespace)


def input_rows(healths: Mapping[str, Health], now: float) -> list[dict[str, str]]:
    """Return what is known of each input of the robot, for a table."""
    return [
        {
            "input": plain(name.partition(INPUT)[2]),
            "age [s]": plain(health.values.get("age [s]", "")),
            "rate [Hz]": plain(health.values.get("rate [Hz]", "")),
            "state": _said(health, now),
        }
        for name, health in sorted(healths.items())
        if INPUT in name
    ]


def node_rows(healths: Mapping[str, Health], now: float) -> list[dict[str, str]]:
    """Return what each node says of itself, for a table."""
    return [
        {"node": plain(name), "state": _said(health, now)}
        for name, health in sorted(healths.items())
        if INPUT not in name
    ]


def _said(health: Health, now: float) -> str:
    """Return what was said of a thing, or that nothing is said any longer."""
    if now - health.at > SILENCE:
        return toned(f"silent for {now - health.at:.0f} s", "bad")
    return toned(health.message, TONES.get(health.level, "bad"))
