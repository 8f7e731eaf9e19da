"""Which rollouts are shown: those of the last iteration of each condition, or the last ones.

RViz, Foxglove and the live page show the same ones: their spread is that of one policy.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from pilqr_ros.trajopt.typing import Array

KEPT = 20
"""How many rollouts of a condition are shown at most."""

EVALUATION = "evaluation"
"""The part of a run in which nothing is learned."""


class ShownRollout(NamedTuple):
    """States of a rollout, ``(T, dX)``, and whether it was a success."""

    states: Array
    success: bool


class ShownRollouts:
    """What was heard of rollouts, and what of it is shown; the condition shown last comes last.

    While a training is under way they are shown once its iteration is over, all at once; else, as
    in an evaluation, one by one.

    Attributes:
        shown: Each rollout that is shown, by condition.
        changed: Whether that is another picture than the one that was taken last.
    """

    def __init__(self) -> None:
        """Show nothing yet."""
        self.shown: dict[int, list[ShownRollout]] = {}
        self.changed = False
        self._heard: dict[int, deque[ShownRollout]] = {}
        self._run = ""
        self._training = False

    def on_run(self, run_directory: str, part: str, *, active: bool) -> None:
        """Take which run is under way, and which part of it; another one begins an empty picture.

        Args:
            run_directory: The run; empty for none.
            part: An iteration, or its evaluation.
            active: Whether it is under way; else it was the last one.
        """
        training = active and part != EVALUATION
        if training != self._training:
            self._heard = {}  # an evaluation is not mixed with what was tried before it
        self._training = training
        if run_directory and run_directory != self._run:
            self._run = run_directory
            self._heard, self.shown, self.changed = {}, {}, True

    def on_rollout(self, condition: int, rollout: ShownRollout) -> None:
        """Take a rollout that ended well."""
        self._heard.setdefault(condition, deque(maxlen=KEPT)).append(rollout)
        if not self._training:
            self._show(condition, KEPT)

    def on_iteration(self, condition: int, rollouts: int) -> None:
        """Take that an iteration has ended with this many rollouts of a condition."""
        self._show(condition, rollouts)

    def take(self) -> dict[int, list[ShownRollout]]:
        """Return what is shown, as no longer changed."""
        self.changed = False
        return self.shown

    def _show(self, condition: int, count: int) -> None:
        heard = list(self._heard.get(condition, ()))
        if heard and count > 0:
            self.shown.pop(condition, None)
            self.shown[condition], self.changed = heard[-count:], True
