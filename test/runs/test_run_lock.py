"""Only one process trains a run."""

import subprocess
import sys

import pytest

from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_lock import only_training

HOLD = """
import signal, sys
from pathlib import Path
from pilqr_ros.runs.run_lock import only_training
with only_training(Path(sys.argv[1])):
    print("held", flush=True)
    signal.pause()
"""


def test_a_run_that_is_being_trained_is_refused_until_its_trainer_is_gone(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(RunError, match=f"{tmp_path} is being trained by another process"),
            only_training(tmp_path),
        ):
            pass
    finally:
        other.kill()
        other.communicate(timeout=10.0)
    with only_training(tmp_path):
        pass


def test_a_hold_ends_with_its_block(tmp_path):
    for _ in range(2):
        with only_training(tmp_path):
            pass
