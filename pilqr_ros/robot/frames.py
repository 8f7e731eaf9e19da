"""Names of frames: tf has no namespaces, so that those of two arms must differ by name."""

from __future__ import annotations

BASE = "base"
"""Frame of the robot's base, where nobody names another."""


def base_frame_in(namespace: str) -> str:
    """Return the usual name of the base's frame for nodes in a namespace: ``arm1/base``."""
    return frame_prefix(namespace) + BASE


def frame_prefix(namespace: str) -> str:
    """Return what the names of frames begin with for nodes in a namespace, as ``arm1/``."""
    name = namespace.strip("/")
    return f"{name}/" if name else ""
