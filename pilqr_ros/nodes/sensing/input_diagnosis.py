"""The health of an input in the terms of /diagnostics."""

from __future__ import annotations

from collections.abc import Mapping

from pilqr_ros.nodes.runtime.diagnostics import Diagnosis, Level
from pilqr_ros.robot.estimation.input_health import InputReport


def diagnose_input(report: InputReport, more: Mapping[str, object]) -> Diagnosis:
    """Return the diagnosis of an input: STALE if silent, ERROR if nothing of it is of use."""
    level, message = _judge(report)
    age = "none has come" if report.age is None else f"{report.age:.3f}"
    values = {"rate [Hz]": f"{report.rate:.1f}", "age [s]": age, "refused": report.refused, **more}
    return Diagnosis(f"input {report.name}", level, message, values)


def _judge(report: InputReport) -> tuple[Level, str]:
    """Return level and message."""
    if report.silence:
        return Level.STALE, report.silence
    if report.refused == 0:
        return Level.OK, f"{report.rate:.0f} Hz"
    level = Level.ERROR if report.refused == report.received else Level.WARN
    return level, f"{report.refused} of {report.received} refused: {report.refusal}"
