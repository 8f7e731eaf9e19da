"""All checks over all conditions of a run."""

from __future__ import annotations

from pilqr_ros.diagnosis.checks import CHECKS
from pilqr_ros.diagnosis.evidence import Evidence, gather
from pilqr_ros.diagnosis.judgement import Judgement
from pilqr_ros.runs.run_store import RunStore


def diagnose(store: RunStore) -> tuple[Judgement, ...]:
    """Return what stands out in a run, condition by condition; nothing before its first update.

    Raises:
        RunError: A file of the run is damaged.
    """
    gathered = (gather(store, condition) for condition in store.config.conditions)
    return tuple(one for known in gathered if known is not None for one in judge(known))


def judge(evidence: Evidence) -> tuple[Judgement, ...]:
    """Return what stands out in the training of one condition."""
    told = ((kind, check(evidence)) for kind, check in CHECKS.items())
    return tuple(
        Judgement(kind, evidence.name, *found) for kind, found in told if found is not None
    )
