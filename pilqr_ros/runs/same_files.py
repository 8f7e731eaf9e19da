"""Whether the files in a run are those that it was begun with.

What is compared is what was read when the run was opened, and so what would be trained with.
"""

from __future__ import annotations

from pilqr_ros.runs.errors import OtherRunError
from pilqr_ros.runs.file_names import DESCRIPTION_FILE, TASK_FILE
from pilqr_ros.runs.run_description import digests, read_description, recorded_digests
from pilqr_ros.runs.run_store import RunStore

ON_A_ROBOT = "executed on a robot"
"""What else than continuing needs a run's files as they were: limits and tolerances are in them."""


def check_files(store: RunStore, what: str = "continued") -> list[str]:
    """Return what warns about learning from a run's task file and models as they are now.

    As with its versions, a run that has no record of them is continued: there is nothing to
    compare, which is told.

    Args:
        store: The run.
        what: What is to be done with it: continued, or executed on a robot.

    Raises:
        OtherRunError: One is not as it was; the message names it.
    """
    changed = _changed(store)
    if changed is None:
        return [f"{store.directory} {_UNKNOWN}"]
    if changed:
        raise OtherRunError(
            f"{store.directory} cannot be {what}: {_named(changed)}: put back what was there, "
            "or begin a new run"
        )
    return []


def file_warnings(store: RunStore) -> list[str]:
    """Return what warns about looking at a run, where nothing is learned.

    These are files that changed, and settings in the task file that there are not any more.
    """
    changed, ignored = _changed(store), store.task.ignored
    found = [f"{store.directory}: {_named(changed)}"] if changed else []
    if ignored:
        path = store.directory / TASK_FILE
        found.append(f"{path}: ignored, as this version has no such settings: {'; '.join(ignored)}")
    return found


_UNKNOWN = (
    f"has no digests of its files in {DESCRIPTION_FILE}: whether task file and models are as they "
    "were when the run was begun is not known"
)


def _changed(store: RunStore) -> list[str] | None:
    """Return the files that are not as they were; None if that is not known."""
    path = store.directory / DESCRIPTION_FILE
    description = read_description(store.directory)
    if "files" not in description:
        return None
    begun, now = recorded_digests(description, path), digests(store.begun_with())
    return [name for name in dict.fromkeys((*now, *begun)) if now.get(name) != begun.get(name)]


def _named(changed: list[str]) -> str:
    is_one = len(changed) == 1
    what = "is not as it was" if is_one else "are not as they were"
    return f"{', '.join(changed)} {what} when the run was begun"
