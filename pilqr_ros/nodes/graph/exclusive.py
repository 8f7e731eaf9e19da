"""One graph in a place: two in the same domain and namespace would command each other's robot."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilqr_ros.learning.file_lock import held
from pilqr_ros.nodes.errors import NodeError


@contextmanager
def only_graph(namespace: str, part: str = "graph") -> Iterator[None]:
    """Hold the place of a graph on this machine, in the present ROS domain and a namespace.

    The lock ends with the process that holds it, however it ends.

    Args:
        namespace: The namespace.
        part: What is alone there: the graph, or the robot that is simulated beside it.

    Raises:
        NodeError: Another graph is there.
    """
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    name = namespace.strip("/").replace("/", ".")
    path = Path(tempfile.gettempdir(), f"pilqr_{part}_{os.getuid()}_{domain}_{name}.lock")
    refusal = NodeError(
        f"another {part} is running in ROS domain {domain}, namespace '/{name}': end it, "
        "use its nodes (--attach), or choose another domain with ROS_DOMAIN_ID"
    )
    with held(path, refusal):
        yield
