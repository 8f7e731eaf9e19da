"""The versions of what decides a run's numbers."""

from __future__ import annotations

import contextlib
import platform
from importlib import metadata

from pilqr_ros import __version__

_LIBRARIES = ("numpy", "scipy", "mujoco", "torch")


def versions() -> dict[str, str]:
    """Return the version of each by name; a library that is not installed is left out."""
    found = {"pilqr_ros": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
