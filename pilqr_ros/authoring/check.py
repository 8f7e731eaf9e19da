"""All checks of a task, in the order in which one would mend what they find."""

from __future__ import annotations

from pilqr_ros.authoring.starts import look_at_starts
from pilqr_ros.authoring.static_checks import QUICK, STATIC, trained_conditions
from pilqr_ros.authoring.trial import NOISY, try_out
from pilqr_ros.authoring.trial_checks import TRIED
from pilqr_ros.doctor.findings import Finding, Verdict, fail, ok
from pilqr_ros.errors import PilqrError
from pilqr_ros.tasks import Task, load_task


def check_task(name_or_path: str, *, seed: int = 0, rollouts: int = NOISY) -> list[Finding]:
    """Load a task, place its conditions, try its first policy, and return what was found.

    Args:
        name_or_path: A task's name, or the path of its file.
        seed: Seed of the noisy rollouts: they are the first ones of a training with it.
        rollouts: How many noisy rollouts, all in the first condition that is trained.
    """
    try:
        task = load_task(name_or_path)
    except PilqrError as error:
        return [fail("task file", str(error), "mend the key that is named; docs/task_file.md")]
    sizes = f"{task.dU} joints, state of {task.dX}, {len(task.conditions)} conditions"
    starts = look_at_starts(task)
    findings = [ok("task file", sizes)]
    findings += [finding for check in STATIC for finding in check(task, starts)]
    condition = trained_conditions(task)[0]
    if not starts[condition].refusal:
        findings += _trial_findings(task, condition, seed, rollouts)
    return findings


def _trial_findings(task: Task, condition: int, seed: int, rollouts: int) -> list[Finding]:
    """Try the first policy of a condition and return what was found."""
    try:
        trial = try_out(task, condition, seed, rollouts)
    except PilqrError as error:
        return [fail("rollouts", str(error), "mend what is named: no rollout can be executed")]
    return [finding for check in TRIED for finding in check(task, trial)]


def quick_warnings(task: Task) -> list[Finding]:
    """Return what is not well with a task and can be said at once, before a training."""
    starts = look_at_starts(task)
    findings = (finding for check in QUICK for finding in check(task, starts))
    return [finding for finding in findings if finding.verdict is not Verdict.OK]


def has_faults(findings: list[Finding]) -> bool:
    """Tell whether something must be mended before a training makes sense."""
    return any(finding.verdict is Verdict.FAIL for finding in findings)
