"""Full names from a namespace and a name in it: of nodes, topics and enclaves."""

from __future__ import annotations

import re

from pilqr_ros.graph.errors import GraphError

MAX_NAMESPACE = 100
"""Longest namespace [characters]: with the longest name in it, it is a name that ROS 2 takes."""

_NAMESPACE = re.compile(r"/|(/[A-Za-z_][A-Za-z0-9_]*)+")
"""A full namespace, as ROS 2 has them."""


def full_name(namespace: str, name: str = "") -> str:
    """Return a full name, or that of the namespace itself: ``/arm1/learner``, ``/arm1``, ``/``.

    Args:
        namespace: With or without slashes; empty for the root.
        name: Relative to it.
    """
    return "/" + "/".join(part for part in (namespace.strip("/"), name.strip("/")) if part)


def check_namespace(namespace: str) -> None:
    """Check that ROS 2 takes a namespace, which a user may have given.

    Args:
        namespace: With or without slashes; empty for the root.

    Raises:
        GraphError: It does not.
    """
    full = full_name(namespace)
    if _NAMESPACE.fullmatch(full) is None or len(full) > MAX_NAMESPACE:
        raise GraphError(
            f"namespace is {namespace!r}, allowed are names of letters, digits and _ with a slash "
            f"between them, none of which begins with a digit, {MAX_NAMESPACE} characters in all"
        )
