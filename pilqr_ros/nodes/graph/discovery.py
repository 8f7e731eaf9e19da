"""Which machines' nodes find each other: this one's alone, unless the user says otherwise."""

from __future__ import annotations

import os

from pilqr_ros.nodes.errors import NodeError

VARIABLE = "ROS_AUTOMATIC_DISCOVERY_RANGE"
"""ROS 2's environment variable."""

AUTO = "auto"
RANGES = (AUTO, "localhost", "subnet")
"""``auto`` is what the environment says, or this machine where it says nothing."""


def discovery_range(choice: str = AUTO) -> str:
    """Return the variable's value for a choice.

    Raises:
        NodeError: There is no such choice.
    """
    if choice not in RANGES:
        raise NodeError(f"discovery is {choice!r}, allowed is one of {', '.join(RANGES)}")
    return os.environ.get(VARIABLE, "LOCALHOST") if choice == AUTO else choice.upper()


def limit_discovery(choice: str = AUTO) -> None:
    """Set the variable for this process and those that it starts; before ROS is initialised."""
    os.environ[VARIABLE] = discovery_range(choice)
