"""Long work in a thread of its own, awaited by an action's callback."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.task import Future

from pilqr_ros.nodes.runtime.wake import wake


class Job:
    """Runs a function once in a thread.

    Attributes:
        outcome: Completed with the function's result or exception; await it in the node's executor.
    """

    def __init__(self, node: Node, work: Callable[[], Any]) -> None:
        """Start the work; the node's executor is woken when it ends."""
        self.outcome: Future[Any] = Future()
        self._node = node
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end, where nobody awaits the outcome any more."""
        self._thread.join(seconds)
        if self.outcome.done():
            self.outcome.exception()  # looked at: rclpy reports on the ones that never are

    def _run(self) -> None:
        try:
            self.outcome.set_result(self._work())
        except Exception as error:
            self.outcome.set_exception(error)
        finally:
            wake(self._node)
