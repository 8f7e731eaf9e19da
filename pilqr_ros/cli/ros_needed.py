"""What a command that uses ROS asks first: whether it is here."""

from __future__ import annotations

import importlib.util

from pilqr_ros.errors import PilqrError


class RosMissingError(PilqrError):
    """ROS 2 or this project's messages cannot be imported; the message says what to do."""


def require_ros() -> None:
    """Check that ROS 2 and this project's messages are at hand.

    Raises:
        RosMissingError: They are not.
    """
    for module in ("rclpy", "pilqr_msgs"):
        if importlib.util.find_spec(module) is None:
            raise RosMissingError(
                f"{module} is not installed here: run `make setup` and `source env.sh` (or source "
                "your ROS 2 workspace); training and evaluation also go --in-process, without ROS"
            )
