"""The page of a run on disk: `pilqr view`.

Nothing is read before it is shown: folders are listed one at a time, rollouts are read when they
are chosen, and reports once. A run that goes on meanwhile is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilqr_ros.page.diagnosis_view import DiagnosisView
from pilqr_ros.page.learning_charts import CurvePoint, LearningCurves, UpdateCharts
from pilqr_ros.page.player import Pending
from pilqr_ros.page.rollout_view import LIST, RolloutView
from pilqr_ros.page.text import Text
from pilqr_ros.runs.array_file import ArrayFile
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.report_file import load_report
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

if TYPE_CHECKING:
    import viser

POLL_PERIOD = 1.0
"""A run that goes on is looked at again after this time [s]."""


class RunPage:
    """A run's scene, curves and controls."""

    def __init__(self, server: viser.ViserServer, store: RunStore) -> None:
        """Build the page; `work` fills it."""
        self._store, self._points = store, dict[tuple[int, int], CurvePoint]()
        self._pending, self._count = Pending(), -1
        task, gui = store.task, server.gui
        self._title = Text(gui)
        tabs = gui.add_tab_group()
        with tabs.add_tab("Rollouts"):
            self._rollouts = RolloutView(server, store, self._pending)
        with tabs.add_tab("Learning"):
            names = [condition.name for condition in task.conditions]
            self._curves = LearningCurves(gui, names, task.distance_label)
        with tabs.add_tab("Update"):
            self._about = Text(gui)
            self._update = UpdateCharts(gui, task.joints)
        with tabs.add_tab("Diagnosis"):
            DiagnosisView(gui, lambda: store)

    def work(self) -> None:
        """Draw what is to be drawn next, or look whether the run has gone on; wait for neither."""
        try:
            self._work()
        except RunError as error:
            self._title.show(f"something of this run cannot be read: {error}")

    def _work(self) -> None:
        wait = self._rollouts.player.wait if self._count >= 0 else 0.0
        names = self._pending.take(POLL_PERIOD if wait is None else wait)
        if (self._count < 0 or wait is None) and not names and self._follow():
            names = {LIST}
        self._rollouts.draw(names)
        if LIST in names:
            self._draw_update()

    def _follow(self) -> bool:
        """Read what is new in the run and tell whether there was anything."""
        count, known = self._rollouts.follow(), len(self._points)
        self._read_reports(count)
        if (count, known) == (self._count, len(self._points)):
            return False
        self._count = count
        config = self._store.config
        done = len({iteration for iteration, _ in self._points})
        self._title.show(
            f"{config.task} · {config.method} · seed {config.seed} · {done} of "
            f"{config.iterations} iterations finished"
        )
        self._curves.draw(self._points.values())
        return True

    def _read_reports(self, count: int) -> None:
        """Read the reports that were not there before."""
        for place in ((i, c) for i in range(count) for c in self._store.config.conditions):
            path = self._store.condition_directory(*place) / "report.json"
            if place not in self._points and path.is_file():
                report = load_report(path, len(self._store.task.conditions))
                self._points[place] = CurvePoint.from_report(report)

    def _draw_update(self) -> None:
        """Draw the update of the chosen iteration."""
        iteration, condition = self._rollouts.place
        name = self._store.task.conditions[condition].name
        self._about.show(f"The update after iteration {iteration} in condition {name}")
        self._update.draw(*_update_of(self._store, iteration, condition))


def _update_of(
    store: RunStore, iteration: int, condition: int
) -> tuple[dict[str, Array], TVLGPolicy | None]:
    """Return what is known of an update over the time steps, and the policy that it began with."""
    arrays, policy = dict[str, Array](), None
    path = store.condition_directory(iteration, condition) / "update.npz"
    if path.is_file():
        file = ArrayFile.read(path)
        series = [name for name, array in file.arrays.items() if array.ndim == 1]
        arrays = {name: file.floats(name, 1, finite=False) for name in series}
    try:
        policy, arrays["step_multiplier"] = store.policy(iteration, condition)
    except RunError:
        return arrays, None
    return arrays, policy
