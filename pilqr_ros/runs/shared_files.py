"""Large files of models, kept once for all runs of a folder.

A run has a copy of every file that it was begun with, and the meshes of an arm are some 30 MB. Runs
beside each other share them: those of the same content are hard links to one file, which lies in
the folder ``.shared_models`` by its SHA-256, too. A run that is deleted takes nothing from the
others, and what no run has any more is deleted when the next one begins. Shared files are
read-only, so that no editor changes one run's by changing another's. Where the file system has no
links, each run has a copy.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path

from pilqr_ros.runs import atomic

FOLDER = ".shared_models"

_DIGEST = re.compile(r"[0-9a-f]{64}")

MIN_SHARED_BYTES = 64 * 1024
"""Smaller files are copied [bytes]: those are texts, and somebody may edit them."""

_READ_ONLY = 0o444


def write_shared(runs: Path, path: Path, content: bytes) -> None:
    """Write a file of a new run, as a link to what other runs have if that is the same.

    Args:
        runs: The folder with all these runs.
        path: The file.
        content: What it holds.

    Raises:
        RunError: It cannot be written.
    """
    if len(content) < MIN_SHARED_BYTES:
        atomic.write_bytes(path, content)
        return
    kept = runs / FOLDER / hashlib.sha256(content).hexdigest()
    if _holds(kept, content):
        with suppress(OSError):  # there may be something, or no links: then it is written
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(kept)
            return
    atomic.write_bytes(path, content)
    with suppress(OSError):  # nothing depends on it
        path.chmod(_READ_ONLY)
        kept.parent.mkdir(exist_ok=True)
        kept.unlink(missing_ok=True)
        kept.hardlink_to(path)


def delete_unused(runs: Path) -> None:
    """Delete the kept files that no run has any more."""
    for path in (runs / FOLDER).glob("*"):
        with suppress(OSError):  # another process may do so, too
            if _DIGEST.fullmatch(path.name) and path.stat().st_nlink == 1:
                path.unlink()


def _holds(path: Path, content: bytes) -> bool:
    """Tell whether a file has a content; one that was altered has not what its name says."""
    with suppress(OSError):
        return path.stat().st_size == len(content) and path.read_bytes() == content
    return False
