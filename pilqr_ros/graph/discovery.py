"""Which machines' nodes reach each other: this one's alone, unless the user says otherwise.

ROS 2's variable says whom a node looks for. It is no containment: a process of another machine
that names this one as its peer (``ROS_STATIC_PEERS``) still reaches the node. So Fast DDS is also
told, by a file of profiles, to receive on the loopback interface alone.
"""

from __future__ import annotations

import filecmp
import os
from pathlib import Path

from pilqr_ros.graph.errors import GraphError
from pilqr_ros.ros_domain import ros_domain
from pilqr_ros.tasks.config_files import shipped_file

VARIABLE = "ROS_AUTOMATIC_DISCOVERY_RANGE"
"""ROS 2's environment variable."""

LOCALHOST = "LOCALHOST"
"""Its value for the nodes of this machine."""

PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
"""Environment variables that name the file of profiles: the present one, and the one before it,
which is all that Jazzy reads and what later distributions read, too, with a warning."""

LOOPBACK = "dds/this_machine.xml"
"""The profiles that leave Fast DDS the loopback interface alone."""

AUTO = "auto"
RANGES = (AUTO, "localhost", "subnet")
"""``auto`` is what the environment says, or this machine where it says nothing."""


def discovery_range(choice: str = AUTO) -> str:
    """Return the variable's value for a choice.

    Raises:
        GraphError: There is no such choice.
    """
    if choice not in RANGES:
        raise GraphError(f"discovery is {choice!r}, allowed is one of {', '.join(RANGES)}")
    return os.environ.get(VARIABLE, LOCALHOST) if choice == AUTO else choice.upper()


def limit_discovery(choice: str = AUTO) -> None:
    """Set the environment of this process and those that it starts; before ROS is initialised.

    A file of profiles that the user names is left as it is.

    Raises:
        GraphError: There is no such choice.
        DomainError: The environment gives no ROS domain.
    """
    ros_domain()
    os.environ[VARIABLE] = discovery_range(choice)
    for variable in PROFILES:
        if not _is_own(variable):
            os.environ.pop(variable, None)
    if os.environ[VARIABLE] == LOCALHOST and not own_profiles():
        read = PROFILES[os.environ.get("ROS_DISTRO") == "jazzy"]
        os.environ[read] = str(shipped_file(LOOPBACK))


def own_profiles() -> str:
    """Return the user's own file of profiles, which decides in the place of ours; or nothing."""
    return next((os.environ[variable] for variable in PROFILES if _is_own(variable)), "")


def describe_reach() -> str:
    """Return in words who reaches nodes in the present environment."""
    profiles = own_profiles()
    by = f"; interfaces are those of {profiles}" if profiles else ""
    return f"discovery: {discovery_range()}{by}"


def _is_own(variable: str) -> bool:
    """Tell whether an environment variable names another file than ours or a copy of it."""
    named = os.environ.get(variable)
    if not named:
        return False
    return not (Path(named).is_file() and filecmp.cmp(named, shipped_file(LOOPBACK), shallow=False))
