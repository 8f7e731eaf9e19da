"""Whether torque may pass at all: enabling, and the emergency stop that latches."""

from __future__ import annotations

from pilqr_ros.robot.guard.interventions import Intervention

RESET = "`pilqr guard reset` (service ~/reset_estop)"
ENABLE = "`pilqr guard enable` (service ~/enable)"
"""What goes on after a stop: the command, and the guard's service that it calls."""


class SafetySwitch:
    """Disabled until enabled; an emergency stop disables, and latches until it is reset.

    After a reset, torque passes only when it is enabled again.

    Attributes:
        enabled: Whether torque may pass.
        stopped: Why there is an emergency stop; empty if there is none.
        pressed: Whether the emergency stop's button is held: then no reset.
        intruder: Who else publishes to the robot's controller; empty if nobody does.
    """

    def __init__(self, enabled: bool) -> None:
        """Start enabled or not."""
        self.enabled = enabled
        self.stopped = ""
        self.pressed = False
        self.intruder = ""

    @property
    def refusal(self) -> tuple[Intervention, str]:
        """Kinds and reasons of all that keeps torque from passing; NONE if nothing does."""
        kinds, reasons = Intervention.NONE, []
        if self.stopped:
            kinds |= Intervention.ESTOP
            reasons.append(f"emergency stop ({self.stopped}): {RESET}, then {ENABLE}")
        if self.intruder:
            kinds |= Intervention.OTHER_PUBLISHER
            reasons.append(f"{self.intruder} publishes to the robot's controller, too: end it")
        if not (self.enabled or self.stopped):
            kinds |= Intervention.DISABLED
            reasons.append(f"disabled until {ENABLE}")
        return kinds, "; ".join(reasons)

    @property
    def summary(self) -> str:
        """Whether torque passes, and all reasons if it does not."""
        reason = self.refusal[1]
        return f"no torque passes: {reason}" if reason else "enabled: torques pass"

    def stop(self, reason: str) -> None:
        """Latch the emergency stop; the first reason stays."""
        self.enabled, self.stopped = False, self.stopped or reason

    @property
    def reset_refusal(self) -> str:
        """Why the emergency stop cannot be released; empty if it can."""
        return "the emergency stop is still pressed" if self.pressed else ""

    def reset(self) -> str:
        """Release the emergency stop and return why that cannot be; empty if it can."""
        if not self.reset_refusal:
            self.stopped = ""
        return self.reset_refusal

    @property
    def enable_refusal(self) -> str:
        """Why torque cannot be let pass; empty if it can."""
        if not self.stopped:
            return ""
        return f"emergency stop ({self.stopped}): {RESET} comes first"

    def enable(self) -> str:
        """Let torque pass and return why that cannot be; empty if it can."""
        self.enabled = not self.enable_refusal
        return self.enable_refusal

    def disable(self) -> None:
        """Let no torque pass."""
        self.enabled = False
