"""Waiting for other nodes from a thread that does not spin, always with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.task import Future

from pilqr_ros.nodes.errors import SilenceError

POLL_PERIOD = 0.05


def wait_for(future: Future, seconds: float, who: str, what: str) -> Any:  # noqa: ANN401
    """Return a future's result once another thread has completed it.

    Raises:
        SilenceError: It was not completed in time.
    """
    began = time.monotonic()
    return wait_while_alive(future, lambda: began, seconds, who, what)


def wait_while_alive(
    future: Future, last_sign: Callable[[], float], seconds: float, who: str, what: str
) -> Any:  # noqa: ANN401
    """Return a future's result as long as signs of life come.

    Args:
        future: Completed by another thread.
        last_sign: Tells when the last sign of life came, on the monotonic clock [s].
        seconds: Longest silence [s].
        who: Who is waited for.
        what: What it is to do.

    Raises:
        SilenceError: Nothing came for too long.
    """
    done = threading.Event()
    future.add_done_callback(lambda _future: done.set())
    while not done.wait(POLL_PERIOD):
        if time.monotonic() - last_sign() > seconds:
            raise SilenceError(who, what, seconds)
    return future.result()


def wait_for_condition(holds: Callable[[], bool], seconds: float, who: str, what: str) -> None:
    """Wait until a condition holds.

    Raises:
        SilenceError: It did not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise SilenceError(who, what, seconds)
        time.sleep(POLL_PERIOD)
