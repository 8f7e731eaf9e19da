"""One node of a kind in a place: two would command each other's robot, whoever started them.

A place is a ROS domain and a namespace. A node holds its own as a Unix socket in Linux's abstract
namespace. That is no file: nobody can leave it behind or swap it, and the kernel lets go of it when
its process ends, however it does. It is seen by every user of this machine's network, and by
nobody else: exactly those whose nodes find each other without a network between them.
"""

from __future__ import annotations

import errno
import os
import pwd
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2s
from pathlib import Path

from pilqr_ros.graph.discovery import discovery_range
from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.naming import full_name
from pilqr_ros.ros_domain import ros_domain

PATIENCE = 3.0
"""How long a place is waited for [s]: a process that ends, or was killed, needs a moment."""

POLL_PERIOD = 0.05
WAITING = 4096
"""How many may ask who holds a place: what asked stays counted."""

CREDENTIALS = struct.Struct("3i")


@contextmanager
def held(node: str, namespace: str) -> Iterator[None]:
    """Hold the place of a node, until the block or the process ends.

    Args:
        node: Its executable.
        namespace: Its namespace.

    Raises:
        GraphError: Another process holds it; the message tells which.
    """
    with socket.socket(socket.AF_UNIX) as place:
        deadline = time.monotonic() + PATIENCE
        while not _bind(place, _address(node, namespace)):
            if time.monotonic() > deadline:
                raise refusal(node, namespace, holder(node, namespace) or "no longer")
            time.sleep(POLL_PERIOD)
        yield


def check_free(nodes: Iterable[str], namespace: str) -> None:
    """Check that none of some nodes is running in a namespace; what is ending is waited for.

    Raises:
        GraphError: One is; the message tells which process it is.
    """
    deadline = time.monotonic() + PATIENCE
    for node in nodes:
        while found := holder(node, namespace):
            if time.monotonic() > deadline:
                raise refusal(node, namespace, found)
            time.sleep(POLL_PERIOD)


def holder(node: str, namespace: str) -> str:
    """Return which process holds the place of a node, in words; nothing if none does."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.setblocking(False)
        try:
            asking.connect(_address(node, namespace))
        except BlockingIOError:
            return "a process"
        except ConnectionRefusedError:
            return ""
        found = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    pid, user, _ = CREDENTIALS.unpack(found)
    return f"process {pid} of {_user_name(user)}{_since(pid)}"


def refusal(node: str, namespace: str, who: str) -> GraphError:
    """Return the error that a node is running already, with what can be done.

    Args:
        node: Its executable.
        namespace: Its namespace.
        who: Which process it is.
    """
    return GraphError(
        f"another {node} is running in ROS domain {ros_domain()}, namespace "
        f"'{full_name(namespace)}' ({who}): end it, train through its nodes (`pilqr train "
        "--attach`), or choose another domain with ROS_DOMAIN_ID, or another namespace"
    )


def is_local() -> bool:
    """Tell whether the nodes of no other machine are found, so that a place is held completely."""
    further = ("ROS_STATIC_PEERS", "ROS_DISCOVERY_SERVER")
    return discovery_range() in ("LOCALHOST", "OFF") and not any(map(os.environ.get, further))


def _bind(place: socket.socket, address: str) -> bool:
    """Take an address, and tell whether it was free."""
    try:
        place.bind(address)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    place.listen(WAITING)
    return True


def _address(node: str, namespace: str) -> str:
    """Return the address of a node's place."""
    name = f"{namespace.strip('/')}/{node}"  # of any length, which an address is not
    return f"\0pilqr_ros/{ros_domain()}/{blake2s(name.encode()).hexdigest()}"


def _user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _since(pid: int) -> str:
    """Return since when a process runs, in words; nothing if it cannot be seen from here."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        up = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return ""
    began = time.time() - up + ticks / os.sysconf("SC_CLK_TCK")
    return f" since {datetime.fromtimestamp(began):%Y-%m-%d %H:%M:%S}"
