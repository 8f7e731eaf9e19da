"""When a process may be ended, and when it has to end: signals held back, and its parent's end.

Nothing here imports more than Python: a process asks for it before its long imports.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM)
"""The signals that ask a process to end."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

FOLLOW_PARENT = "PILQR_FOLLOW_PARENT"
"""Environment variable that asks a process to end with the one whose id it gives."""


@contextmanager
def ending_deferred() -> Iterator[None]:
    """Hold the signals of `ENDING` back from this thread and from what it starts within.

    A process inherits this, so that they wait while it is starting: Python would otherwise break
    off amid its imports.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def defer_ending_of(package: str, folder: Path) -> None:
    """Hold the signals of `ENDING` back if this process is starting a module of a package.

    Args:
        package: The package's name.
        folder: Where its modules are.
    """
    if _starts_module_of(package, folder):
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def allow_ending() -> None:
    """Let the signals of `ENDING` in again, at once those that came while this was starting."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


@contextmanager
def ended_at_once() -> Iterator[None]:
    """Let the signals of `ENDING` end this process within, silently and with code `INTERRUPTED`.

    For imports in a program's main thread: they leave nothing that must be ended in order, and an
    exception amid them is taken for something else by some libraries, and printed by others.
    """
    # What a shell starts in the background ignores an interruption, which is not meant for it.
    heard = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _end_at_once) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_at_once(_signal: int, _frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


def follow_parent() -> None:
    """Send this process SIGTERM when the process that `FOLLOW_PARENT` names ends, however it does.

    What this process starts follows it only if asked anew.

    Raises:
        SystemExit: That process has ended already.
    """
    followed = os.environ.pop(FOLLOW_PARENT, None)
    if followed is None or not sys.platform.startswith("linux"):
        return
    try:
        # Unlike the kernel's signal at a parent's death, this hangs neither on the thread that
        # started this process nor on there being no other between the two.
        process = os.pidfd_open(int(followed))
    except ProcessLookupError:
        raise SystemExit(0) from None
    threading.Thread(target=_end_after, args=(process,), name="follower", daemon=True).start()


def _end_after(process: int) -> None:
    """Wait for a process's end and ask this one to end."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    poll.poll()
    os.kill(os.getpid(), signal.SIGTERM)


def _starts_module_of(package: str, folder: Path) -> bool:
    """Tell whether the program is a module of a package, or the script of one."""
    if sys.argv[0] == "-m":  # so it is called while its packages are imported
        if "-m" not in sys.orig_argv:
            return False
        named = sys.orig_argv[sys.orig_argv.index("-m") + 1]
        parent, _, name = named.rpartition(".")
        return parent == package and (folder / f"{name}.py").exists()
    program = Path(sys.argv[0])
    return program.parent.name in package.split(".") and (folder / f"{program.stem}.py").exists()
