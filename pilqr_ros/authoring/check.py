"""All checks of a task, in the order in which one would mend what they find."""

from __future__ import annotations

from collections.abc import Sequence

from pilqr_ros.authoring.starts import ExaminedStart, look_at_starts
from pilqr_ros.authoring.static_checks import QUICK, STATIC, trained_conditions
from pilqr_ros.authoring.trial import NOISY, try_out
from pilqr_ros.authoring.trial_checks import TRIED
from pilqr_ros.doctor.findings import Finding, Verdict, fail, ok, skipped
from pilqr_ros.errors import PilqrError
from pilqr_ros.tasks import Task, load_task


def check_task(name_or_path: str, *, seed: int = 0, rollouts: int = NOISY) -> list[Finding]:
    """Load a task, place its conditions, try its first policy, and return what was found.

    Args:
        name_or_path: A task's name, or the path of its file.
        seed: Seed of the noisy rollouts: they are the first ones of a training with it.
        rollouts: How many noisy rollouts, all in the first trained condition that can be placed.
    """
    try:
        task = load_task(name_or_path, any_start=True)
    except PilqrError as error:
        return [_flawed(error), skipped("all else", "there is no task yet")]
    starts = look_at_starts(task)
    findings = [_file_finding(name_or_path, task, starts)]
    findings += [finding for check in STATIC for finding in check(task, starts)]
    return findings + _trial_findings(task, starts, seed, rollouts)


def _file_finding(name_or_path: str, task: Task, starts: Sequence[ExaminedStart]) -> Finding:
    """Return what is found of a file that can be read: it is well if every start is possible."""
    if any(start.outside for start in starts):
        try:
            load_task(name_or_path)
        except PilqrError as error:  # with the line that is to be mended
            return _flawed(error)
    sizes = f"{task.dU} joints, state of {task.dX}, {len(task.conditions)} conditions"
    return ok("task file", sizes)


def _flawed(error: PilqrError) -> Finding:
    return fail("task file", str(error), "mend the key that is named; docs/task_file.md")


def _trial_findings(
    task: Task, starts: Sequence[ExaminedStart], seed: int, rollouts: int
) -> list[Finding]:
    """Try the first policy in the first trained condition that can be, and return what was found.

    Args:
        task: The task.
        starts: The starts of all its conditions.
        seed: Seed of the noisy rollouts.
        rollouts: How many of them.
    """
    trained = trained_conditions(task)
    placed = [condition for condition in trained if not starts[condition].refusal]
    if not placed:
        return _untried("no trained condition can be placed")
    try:
        trial = try_out(task, placed[0], seed, rollouts)
    except PilqrError as error:
        advice = "mend what is named: no rollout can be executed"
        return [fail("rollouts", str(error), advice), *_untried("no rollout can be executed")]
    return [finding for check in TRIED for finding in check(task, trial)]


def _untried(why: str) -> list[Finding]:
    """Return what is said of each check of a trial where there was none."""
    return [skipped(subject, why) for subject in TRIED.values()]


def quick_warnings(task: Task) -> list[Finding]:
    """Return what is not well with a task and can be said at once, before a training."""
    starts = look_at_starts(task)
    findings = (finding for check in QUICK for finding in check(task, starts))
    return [one for one in findings if one.verdict in (Verdict.WARN, Verdict.FAIL)]


def has_faults(findings: list[Finding]) -> bool:
    """Tell whether something must be mended before a training makes sense."""
    return any(finding.verdict is Verdict.FAIL for finding in findings)
