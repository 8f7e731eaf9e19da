"""Log lines that a stranger cannot forge.

A goal's text, a frame's name or a path comes into what a node logs, and from there to terminals,
files and ``/rosout``. So the logger itself writes out what does not print: a new line, an escape.
"""

from __future__ import annotations

import os
from typing import Any

from rclpy.impl import rcutils_logger
from rclpy.impl.rcutils_logger import RcutilsLogger

from pilqr_ros.plain_text import printable

_log = RcutilsLogger.log


def make_logs_plain() -> None:
    """Let every logger of this process log one printable line a call; doing so again is harmless.

    rclpy tells calls apart by their place in the code; this module is not the place.
    """
    place = os.path.realpath(__file__)
    if place not in rcutils_logger._internal_callers:
        rcutils_logger._internal_callers.append(place)
    RcutilsLogger.log = _log_plainly  # type: ignore[method-assign]


def _log_plainly(
    self: RcutilsLogger,
    message: str,
    severity: Any,  # noqa: ANN401
    name: str | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> bool:
    """Log a message as `RcutilsLogger.log` does."""
    return bool(_log(self, printable(str(message)), severity, name, **kwargs))
