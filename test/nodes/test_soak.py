"""A short soak: a few nodes are killed while the real graph trains."""

import os
import subprocess
import sys

SECONDS = 240


def test_a_training_survives_killed_nodes_bit_for_bit(fresh_domain, tmp_path):
    words = "--kills 5 --minutes 1 --pause 3 --seed 3 --pace lock-step --directory"
    command = [sys.executable, "-m", "pilqr_ros.experiments.soak", *words.split(), str(tmp_path)]
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
    assert "unsafe ticks" in done.stdout
