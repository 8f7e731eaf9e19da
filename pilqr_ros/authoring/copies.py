"""The models that a new task has copies of: which file is read, and whether the other one changed.

A task's models lie beside it, so that its folder can be moved and given away. Whoever goes on
editing the file that was copied changes nothing of the task; so it is kept where a copy came from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.authoring.starts import ExaminedStart
from pilqr_ros.doctor.findings import Finding, ok, warn
from pilqr_ros.foreign_file import decoding, is_file, read_foreign, read_foreign_text
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.model_files import MAX_BYTES

COPIES_FILE = "models/copied_from.json"
"""Where a task's folder tells what was copied from where."""

_MAX_BYTES = 2**20


class _Copies(RootModel[dict[str, Annotated[list[str], Field(min_length=2, max_length=2)]]]):
    """Original and its SHA-256 when it was copied, by the copy's path in the task's folder."""


def copies_text(folder: Path, originals: Mapping[Path, Path]) -> str:
    """Return what is kept of copies.

    Args:
        folder: The task's; what is kept of other copies there stays.
        originals: What was copied, by the copy's path in the folder.
    """
    new = {
        str(copy): [str(original.resolve()), _digest(original)]
        for copy, original in originals.items()
    }
    return json.dumps({**_kept(folder), **new}, indent=2) + "\n"


def check_copies(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge whether what the task's models were copied from has changed since.

    A task without such copies has no row.
    """
    subject, folder = "models: copies", task.folder
    if folder is None or not is_file(folder / COPIES_FILE):
        return
    try:
        kept = _kept(folder)
    except AuthoringError as error:
        yield warn(subject, str(error), "delete it: it only tells where copies came from")
        return
    for copy, (original, digest) in kept.items():
        now = _digest(Path(original))
        used = _used(task, copy)
        if used and now not in ("", digest, used):
            message = f"{original} has changed since it was copied: the task reads {copy}"
            yield warn(subject, message, f"edit {copy} instead, or copy it there again")
            return
    yield ok(subject, "those that it has were not changed where they came from")


def _used(task: Task, copy: str) -> str:
    """Return the SHA-256 of a copy as the task reads it; empty if it does not."""
    content = task.model_files.get(copy.removeprefix("models/"))
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _kept(folder: Path) -> dict[str, list[str]]:
    """Return what is kept of copies in a folder.

    Raises:
        AuthoringError: It cannot be read.
    """
    path = folder / COPIES_FILE
    if not is_file(path):
        return {}
    with decoding(path, AuthoringError):
        return _Copies.model_validate_json(read_foreign_text(path, _MAX_BYTES)).root


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file; empty if it cannot be read."""
    try:
        return hashlib.sha256(read_foreign(path, MAX_BYTES)).hexdigest()
    except OSError:
        return ""
