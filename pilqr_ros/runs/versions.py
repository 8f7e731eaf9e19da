"""The versions of what decides a run's numbers."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from pilqr_ros import __version__
from pilqr_ros.runs.errors import RunError

_LIBRARIES = ("numpy", "scipy", "mujoco", "torch")


def versions() -> dict[str, str]:
    """Return the version of each by name; a library that is not installed is left out."""
    found = {"pilqr_ros": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def recorded_versions(description: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the versions that a run was begun with.

    Args:
        description: What its ``run.json`` holds.
        path: That file, for errors.

    Raises:
        RunError: They are not written by name.
    """
    return recorded_by_name(description, "versions", path)


def recorded_by_name(description: Mapping[str, Any], key: str, path: Path) -> dict[str, str]:
    """Return the texts by name that a description has under a key; none if it lacks the key.

    Raises:
        RunError: They are not written by name; the message names the file.
    """
    found = description.get(key, {})
    if not isinstance(found, dict):
        raise RunError(f"{path}: {key} is {type(found).__name__}, expected an object")
    return {name: str(text) for name, text in found.items()}
