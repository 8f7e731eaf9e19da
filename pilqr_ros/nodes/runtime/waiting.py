"""Waiting for other nodes from a thread that does not spin, always with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from rclpy.client import Client
from rclpy.task import Future

from pilqr_ros.nodes.errors import SilenceError

POLL_PERIOD = 0.05

TRY_TIMEOUT = 3.0
"""Longest wait for one answer of a service before it is asked once more [s]."""


@dataclass(frozen=True)
class Patience:
    """How the silence of a node is borne.

    Attributes:
        seconds: Longest silence [s]; a node that died is back within a few seconds.
        on_silence: Told who is silent.
        check_stop: Called between two tries; raises to end the wait.
        at_most: Tells between two tries whether it is borne for less than that, by now [s].
    """

    seconds: float = 60.0
    on_silence: Callable[[str], None] = lambda reason: None
    check_stop: Callable[[], None] = lambda: None
    at_most: Callable[[], float] = lambda: inf

    def limit(self) -> float:
        """Return the longest silence as it is now [s]."""
        return min(self.seconds, self.at_most())


def ask(
    client: Client,
    request: Any,  # noqa: ANN401
    who: str,
    patience: Patience,
    try_timeout: float = TRY_TIMEOUT,
) -> Any:  # noqa: ANN401
    """Ask a service until it answers; asking twice must do no harm.

    A node that was killed leaves a server behind that is discovered for a while and never answers,
    and an answer can be lost on a busy machine.

    Raises:
        SilenceError: No answer came in time.
    """
    service = client.srv_name.rpartition("/")[2]
    began = time.monotonic()
    while True:
        patience.check_stop()
        answer = None
        try:
            wait_for_condition(client.service_is_ready, try_timeout, who, f"offer {service}")
            answer = client.call_async(request)
            return wait_for(answer, try_timeout, who, f"answer {service}")
        except SilenceError as error:
            if answer is not None:
                client.remove_pending_request(answer)
            limit = patience.limit()
            if time.monotonic() > began + limit + try_timeout:
                raise SilenceError(who, f"answer {service}", limit) from error
            patience.on_silence(str(error))


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
