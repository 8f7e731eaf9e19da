"""A safety switch that survives its process: what it is told is on the disk.

What takes torque away acts first and is recorded then; what lets it pass is recorded first.
"""

from __future__ import annotations

from contextlib import suppress

from pilqr_ros.robot.guard.errors import RecordError
from pilqr_ros.robot.guard.safety_record import SafetyRecord, SafetyState
from pilqr_ros.robot.guard.safety_switch import SafetySwitch


class RecordedSwitch:
    """Turns a `SafetySwitch` and keeps its record.

    Each method returns what went wrong; empty if nothing did.
    """

    def __init__(self, switch: SafetySwitch, record: SafetyRecord, *, hardware: bool) -> None:
        """Bring the switch to what is recorded.

        Without a record that can be read it is stopped. So it is where the record cannot be
        written: a predecessor's stop may not have been written either. On hardware it is never
        enabled at once.
        """
        self._switch, self._record = switch, record
        self._kept: SafetyState | None = None
        switch.disable()
        try:
            found = record.read()
        except RecordError as error:
            self._stop_in_doubt(str(error))
            return
        if found.state is SafetyState.STOPPED:
            self._kept = found.state
            switch.stop(f"{found.reason}, since {found.since}")
            return
        passes = found.state is SafetyState.ENABLED and not hardware
        problem = self._keep(SafetyState.ENABLED if passes else SafetyState.DISABLED)
        if problem:
            self._stop_in_doubt(problem)
        elif passes:
            switch.enable()

    @property
    def unrecorded(self) -> bool:
        """Whether the record may not say what the switch is: `keep` is to be tried again."""
        return self._kept is None

    def enable(self) -> str:
        """Let torque pass once that is recorded."""
        if self._switch.enable_refusal:
            return self._switch.enable_refusal
        problem = self._keep(SafetyState.ENABLED)
        if problem:
            self._take_back()
            return problem
        return self._switch.enable()

    def reset(self) -> str:
        """Release the emergency stop once that is recorded."""
        return (
            self._switch.reset_refusal or self._keep(SafetyState.DISABLED) or self._switch.reset()
        )

    def keep(self) -> str:
        """Record that the switch was stopped or disabled."""
        if self._switch.stopped:
            return self._keep(SafetyState.STOPPED, self._switch.stopped)
        return self._keep(SafetyState.DISABLED)

    def _take_back(self) -> None:
        """See that the record does not say enabled: what failed may be on the disk all the same."""
        with suppress(RecordError):
            self._kept = self._record.read().state
        if self._kept is not SafetyState.DISABLED:
            self.keep()

    def _stop_in_doubt(self, problem: str) -> None:
        """Stop, because a predecessor may have been stopped."""
        self._switch.stop(f"whether it was stopped before is not known: {problem}")
        self.keep()

    def _keep(self, state: SafetyState, reason: str = "") -> str:
        if state is self._kept is SafetyState.ENABLED:  # a stop is written again: files can be lost
            return ""
        try:
            self._record.write(state, reason)
        except RecordError as error:
            self._kept = None
            return str(error)
        self._kept = state
        return ""
