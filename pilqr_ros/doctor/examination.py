"""All checks of a snapshot, in the order in which one would mend what they find."""

from __future__ import annotations

from pilqr_ros.doctor.expectation import Expectation
from pilqr_ros.doctor.findings import Finding, Verdict
from pilqr_ros.doctor.graph_checks import (
    check_commander,
    check_nodes,
    check_parameters,
    check_services,
    check_topics,
)
from pilqr_ros.doctor.health_checks import check_environment, check_guard, check_health
from pilqr_ros.doctor.sensor_checks import (
    check_clocks,
    check_frames,
    check_joints,
    check_streams,
)
from pilqr_ros.doctor.snapshot import Snapshot

CHECKS = (
    check_environment,
    check_nodes,
    check_parameters,
    check_services,
    check_topics,
    check_commander,
    check_streams,
    check_frames,
    check_joints,
    check_clocks,
    check_health,
    check_guard,
)


def examine(seen: Snapshot, expected: Expectation) -> list[Finding]:
    """Return what every check finds."""
    return [finding for check in CHECKS for finding in check(seen, expected)]


def is_fit(findings: list[Finding]) -> bool:
    """Tell whether nothing stands in the way of the first torque."""
    return all(finding.verdict is not Verdict.FAIL for finding in findings)
