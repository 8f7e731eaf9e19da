"""What the doctor finds."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """How bad a finding is; only FAIL stands in the way of the first torque.

    What could not be looked at is SKIP: another finding is why.
    """

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"
    SKIP = "SKIP"


class Finding(NamedTuple):
    """The result of one check.

    Attributes:
        verdict: How bad it is.
        subject: What was looked at.
        message: What was found, with numbers.
        advice: What to mend; empty if nothing.
    """

    verdict: Verdict
    subject: str
    message: str
    advice: str = ""


def ok(subject: str, message: str) -> Finding:
    """Return a finding that nothing is wrong."""
    return Finding(Verdict.OK, subject, message)


def warn(subject: str, message: str, advice: str) -> Finding:
    """Return a finding to know of."""
    return Finding(Verdict.WARN, subject, message, advice)


def fail(subject: str, message: str, advice: str) -> Finding:
    """Return a finding that must be mended."""
    return Finding(Verdict.FAIL, subject, message, advice)


def skipped(subject: str, why: str) -> Finding:
    """Return a finding that something could not be looked at, because of this."""
    return Finding(Verdict.SKIP, subject, f"not checked, because {why}")
