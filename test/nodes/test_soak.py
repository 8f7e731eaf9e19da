"""A short soak: nodes, a stopped guard and a launch are killed while the real graph trains."""

import os
import re
import subprocess
import sys

SECONDS = 240


def test_a_training_survives_killed_nodes_bit_for_bit(fresh_domain, tmp_path):
    faults = "--kills 3 --stops 1 --inputs 7 --launches 1"
    how = f"--minutes 2 --pause 1.5 --seed 3 --pace lock-step --directory {tmp_path}"
    command = [sys.executable, "-m", "pilqr_ros.benchmarks.soak", *faults.split(), *how.split()]
    done = subprocess.run(
        command,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    log = (tmp_path / "soak.log").read_text()[-8000:]
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{log}"
    counts = re.findall(r"(guard killed|in training|unsafe ticks) *│ *(\d+)", done.stdout)
    assert counts == [("guard killed", "1"), ("in training", "1"), ("unsafe ticks", "0")]
