"""The end of a node's process on SIGINT or SIGTERM: asked for once, and certain to come.

A signal is noted by a thread of its own, which wakes whoever spins: Python calls handlers in the
main thread only, and only once that thread is back from a wait in C++. ROS's own handlers, which
shut the context down, are not used: a node says its last words in `destroy_node`. Nothing is broken
off amid its work either, which would leave nodes behind that are built by half: what waits for long
before the node spins calls `check_ending`.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from types import FrameType

from rclpy.task import Future

from pilqr_ros.lifetime import ENDING, allow_ending

DEADLINE = 8.0
"""Longest time from the first signal to the process's end [s]: enough on a busy machine, and less
than most launchers wait before they kill."""

LAST_DEADLINE = 9.0
"""When the kernel ends a process that hangs after Python has left it [s]."""

_signalled = False


def check_ending() -> None:
    """End what waits, if the end of the process was asked for.

    Raises:
        KeyboardInterrupt: It was.
    """
    if _signalled:
        raise KeyboardInterrupt


class Ending:
    """Notes the first signal that asks for the end; further ones change nothing.

    Attributes:
        asked: Completed by that signal.
    """

    def __init__(self) -> None:
        """Take over the signals, at once those that came while the process was starting."""
        self.asked: Future[None] = Future()
        heard, noted = os.pipe()
        os.set_blocking(noted, False)
        for number in ENDING:
            signal.signal(number, _note_signal)
        signal.set_wakeup_fd(noted, warn_on_full_buffer=False)
        threading.Thread(target=self._note, args=(heard,), name="ending", daemon=True).start()
        allow_ending()

    def close(self) -> None:
        """Ignore the signals from now on: nothing is left but the interpreter's own end.

        It restores the default for handlers written in Python, but not this.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # let none fall between two handlers
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)

    def _note(self, heard: int) -> None:
        """Wait for the first signal, and see that the process ends."""
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # they are the main thread's
        os.read(heard, 1)
        faulthandler.dump_traceback_later(DEADLINE, exit=True)
        signal.setitimer(signal.ITIMER_REAL, LAST_DEADLINE)
        self.asked.set_result(None)


def _note_signal(_signal: int, _frame: FrameType | None) -> None:
    """Note a signal in the main thread; one that waited is noted before anything begins."""
    global _signalled
    _signalled = True
