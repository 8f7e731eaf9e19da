"""Processes that end with another one."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from pilqr_ros.lifetime import ENDING, FOLLOW_PARENT, ending_deferred

FOLLOWED = """
import os, signal, subprocess, sys, threading
def start():  # its thread ends at once, and a shell stands between
    global shell
    shell = subprocess.Popen(["/bin/sh", "-c", '"$@"; :', "sh", sys.executable, "-c", sys.argv[1]])
os.environ["{variable}"] = str(os.getpid())
thread = threading.Thread(target=start)
thread.start()
thread.join()
signal.pause()
"""
FOLLOWER = """
import os, signal, time
from pilqr_ros.lifetime import FOLLOW_PARENT, follow_parent
follow_parent()
print(os.getpid(), FOLLOW_PARENT in os.environ, flush=True)
signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_ends_with_the_one_that_it_follows(number):
    program = FOLLOWED.format(variable=FOLLOW_PARENT)
    with subprocess.Popen(
        [sys.executable, "-c", program, FOLLOWER], stdout=subprocess.PIPE, text=True
    ) as followed:
        pid, told_others = followed.stdout.readline().split()
        assert told_others == "False"
        time.sleep(0.3)
        os.kill(int(pid), 0)  # it is there, though the thread that started it is not
        followed.send_signal(number)
        assert followed.stdout.read() == ""  # until its last writer, the follower, has ended
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_process_whose_parent_has_ended_already_does_not_begin():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    follower = subprocess.run(
        [sys.executable, "-c", FOLLOWER],
        env={**os.environ, FOLLOW_PARENT: str(gone.pid)},
        stdout=subprocess.PIPE,
        timeout=20.0,
    )
    assert (follower.returncode, follower.stdout) == (0, b"")


def test_signals_that_are_deferred_come_later():
    seen = []
    before = {number: signal.signal(number, lambda one, _: seen.append(one)) for number in ENDING}
    try:
        with ending_deferred():
            for number in ENDING:
                signal.pthread_kill(threading.get_ident(), number)
            assert seen == []
        assert sorted(seen) == sorted(ENDING)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
