"""Full names from a namespace and a name in it: of nodes, topics and enclaves."""

from __future__ import annotations


def full_name(namespace: str, name: str = "") -> str:
    """Return a full name, or that of the namespace itself: ``/arm1/learner``, ``/arm1``, ``/``.

    Args:
        namespace: With or without slashes; empty for the root.
        name: Relative to it.
    """
    return "/" + "/".join(part for part in (namespace.strip("/"), name.strip("/")) if part)
