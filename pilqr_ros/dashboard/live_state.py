"""What is known of a running graph: a plain object that messages fill and a page reads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple

from pilqr_ros.nodes.scene.shown_rollouts import ShownRollout, ShownRollouts
from pilqr_ros.page.learning_charts import CurvePoint
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import CostReport
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

KEPT_TORQUES = 400
"""The last torques that are shown."""

KEPT_LINES = 200
"""The last lines of the log that are shown."""

SILENCE = 4.0
"""From this time without a word on, a node that tells something each second is silent [s]."""


class Progress(NamedTuple):
    """Where a training or an evaluation stands, as its action's feedback has it.

    Attributes:
        action: Which of the learner's actions.
        run_directory: The run's; empty for an evaluation.
        done: Finished iterations of a training.
        total: Its iterations.
        rollout: Rollouts of this iteration, or evaluation, so far.
        rollouts: How many there will be.
        phase: What is being done.
        seconds_left: Estimate [s]; nan where there is none.
        waiting_for: What is waited for; empty for nothing.
    """

    action: str
    run_directory: str = ""
    done: int = 0
    total: int = 0
    rollout: int = 0
    rollouts: int = 0
    phase: str = ""
    seconds_left: float = float("nan")
    waiting_for: str = ""

    @property
    def share(self) -> float:
        """How much is done, in [0, 1]."""
        within = self.rollout / self.rollouts if self.rollouts > 0 else 0.0
        return (self.done + within) / max(self.total, 1)

    @property
    def time_left(self) -> str:
        """The estimate in words; empty where there is none."""
        if not isfinite(self.seconds_left):
            return ""
        minutes, seconds = divmod(round(self.seconds_left), 60)
        return f"{minutes} min {seconds:02d} s left"


class Health(NamedTuple):
    """What a node said of one thing that it looks after, and when [s]."""

    level: int
    message: str
    values: Mapping[str, str]
    at: float


class GuardNews(NamedTuple):
    """State of the guard, by its message's constants, and why no torque passes."""

    state: int
    reason: str


@dataclass
class LiveState:
    """Everything that is shown; hold `lock` while reading what consists of several parts.

    Attributes:
        guard: None until it is heard.
        progress: None until a training or evaluation is heard.
        progress_at: When that was [s].
        active: Whether the learner has said that work is under way.
        run_directory: The run of the last work that it told.
        points: What iterations came to, by iteration and condition.
        update: Arrays over the time steps of the last update.
        policy: The policy that came of it.
        shown: The rollouts whose paths are shown.
        torques: The last applied torques as shares of their limits, ``(dU,)`` each.
        healths: Diagnostics by name.
        log: The last lines.
        changes: How often each part has changed, by its name.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    guard: GuardNews | None = None
    progress: Progress | None = None
    progress_at: float = 0.0
    active: bool = False
    run_directory: str = ""
    points: dict[tuple[int, int], CurvePoint] = field(default_factory=dict)
    update: Mapping[str, Any] = field(default_factory=dict)
    policy: TVLGPolicy | None = None
    shown: ShownRollouts = field(default_factory=ShownRollouts)
    torques: deque[Array] = field(default_factory=lambda: deque(maxlen=KEPT_TORQUES))
    healths: dict[str, Health] = field(default_factory=dict)
    log: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    changes: dict[str, int] = field(default_factory=dict)

    def changed(self, *names: str) -> None:
        """Note that parts have changed."""
        with self.lock:
            for name in names:
                self.changes[name] = self.changes.get(name, 0) + 1

    def take_progress(self, progress: Progress, now: float) -> None:
        """Take a sign of life of the learner at work."""
        with self.lock:
            self.progress, self.progress_at = progress, now

    def take_run(self, active: bool, run_directory: str, part: str = "") -> bool:
        """Take which run and part of it is under way; tell whether the run is another one."""
        with self.lock:
            self.active = active
            self.shown.on_run(run_directory, part, active=active)
            if not active or run_directory == self.run_directory:
                return False
            self.run_directory = run_directory
            self.points, self.update, self.policy = {}, {}, None
        self.changed("points", "update")
        return True

    def take_points(self, points: Iterable[CurvePoint]) -> None:
        """Take what iterations came to."""
        with self.lock:
            self.points |= {(point.iteration, point.condition): point for point in points}
        self.changed("points")

    def take_update(self, update: Mapping[str, Any]) -> None:
        """Take the arrays of an update."""
        with self.lock:
            self.update = update
        self.changed("update")

    def take_policy(self, policy: TVLGPolicy) -> None:
        """Take the policy that came of an update."""
        with self.lock:
            self.policy = policy
        self.changed("update")

    def take_rollout(self, rollout: Rollout, cost: CostReport) -> None:
        """Take a finished rollout."""
        with self.lock:
            self.shown.on_rollout(rollout.condition, ShownRollout(rollout.states, cost.success))

    def take_iteration(self, condition: int, rollouts: int) -> None:
        """Take that an iteration has ended with this many rollouts of a condition."""
        with self.lock:
            self.shown.on_iteration(condition, rollouts)

    def take_health(self, name: str, health: Health) -> None:
        """Take what a node said of a thing."""
        with self.lock:
            self.healths[name] = health

    def take_line(self, line: str) -> None:
        """Take a line of the log."""
        with self.lock:
            self.log.append(line)
        self.changed("log")

    def learner_says(self, now: float) -> tuple[str, str]:
        """Return what the learner does, in words, and the tone of it (see `page.text`)."""
        progress = self.progress
        if not self.active or progress is None:
            return "no training is under way", ""
        silent = now - self.progress_at
        if silent > SILENCE:
            return (
                f"the learner has said nothing for {silent:.0f} s: it may have been killed, is "
                "started again, and goes on from the last rollout",
                "bad",
            )
        if progress.waiting_for:
            return f"waiting: {progress.waiting_for}", "warning"
        what = "evaluating" if progress.action == "evaluate_policy" else progress.phase
        where = f"iteration {progress.done + 1} of {progress.total}, " if progress.total else ""
        left = f", {progress.time_left}" if progress.time_left else ""
        return f"{what}: {where}rollout {progress.rollout} of {progress.rollouts}{left}", "good"
