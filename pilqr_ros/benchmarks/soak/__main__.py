"""Trains while nodes are killed and everything else goes wrong, and counts what came of it.

`python -m pilqr_ros.benchmarks.soak --kills 200 --minutes 60`, or `make soak`. Legs in lock-step
and on the clock take turns; each starts the graph anew and kills a share of the nodes. Launches
that are killed while they train come last.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from pilqr_ros.benchmarks.soak.disk import small_disk
from pilqr_ros.benchmarks.soak.judge import Judge
from pilqr_ros.benchmarks.soak.launches import LaunchKill
from pilqr_ros.benchmarks.soak.leg import Leg
from pilqr_ros.benchmarks.soak.tally import Tally
from pilqr_ros.graph import GraphOptions
from pilqr_ros.lifetime import ENDING
from pilqr_ros.tasks import load_task

KILLS_A_LEG = 25
PACES = ("both", "lock-step", "clock")
"""With both, one leg in four is on the clock."""


def main(arguments: list[str] | None = None) -> int:
    """Soak and return 0 if every promise was kept."""
    for number in ENDING:  # a shell starts background jobs with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    chosen = _parse(arguments)
    directory = Path(chosen.directory or tempfile.mkdtemp(prefix="pilqr_soak_"))
    directory.mkdir(parents=True, exist_ok=True)
    os.environ["XDG_STATE_HOME"] = str(directory / "state")  # its stops are not the user's
    tally = Tally()
    deadline = time.monotonic() + 60.0 * chosen.minutes
    with (directory / "soak.log").open("a") as log:
        print(f"log and runs: {directory}", flush=True)
        try:
            told = _Log(log)
            _soak(chosen, directory, tally, deadline, told)
            _launch(chosen, directory, tally, deadline, told)
        except KeyboardInterrupt:
            print("interrupted")
    tally.show()
    return 0 if tally.clean else 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="longest duration")
    parser.add_argument("--kills", type=int, default=200, help="nodes to kill")
    parser.add_argument("--stops", type=int, default=20, help="emergency stops before a kill")
    parser.add_argument("--inputs", type=int, default=500, help="inputs of strangers, at least")
    parser.add_argument("--launches", type=int, default=10, help="launches to kill")
    parser.add_argument("--pause", type=float, default=8.0, help="longest pause of faults [s]")
    parser.add_argument("--seed", type=int, default=0, help="seed of the faults")
    parser.add_argument("--task", default="hockey", help="name of a task")
    parser.add_argument("--pace", choices=PACES, default="both", help="which legs to run")
    parser.add_argument("--factor", type=float, default=1.0, help="pace of legs on the clock")
    parser.add_argument("--directory", help="where logs and runs are kept; else a temporary one")
    return parser.parse_args(arguments)


def _soak(
    chosen: argparse.Namespace, directory: Path, tally: Tally, deadline: float, log: _Log
) -> None:
    """Run one leg after the other."""
    task = load_task(chosen.task)
    judge = Judge(task, directory / "undisturbed")
    legs = max(1, math.ceil(chosen.kills / KILLS_A_LEG))
    for number in itertools.count():
        left = chosen.kills - tally.kills.total()
        stops = min(math.ceil(chosen.stops / legs), chosen.stops - tally.stops)
        inputs = min(math.ceil(chosen.inputs / legs), chosen.inputs - tally.inputs.total())
        if max(left, stops, inputs) <= 0 or time.monotonic() > deadline:
            return
        on_clock = chosen.pace == "clock" or (chosen.pace == "both" and number % 4 == 1)
        runs = directory / f"leg_{number:02d}"
        with small_disk(runs) as mounted:
            options = GraphOptions(
                task=chosen.task,
                real_time_factor=chosen.factor if on_clock else 0.0,
                runs_directory=str(runs),
            )
            Leg(
                judge,
                options,
                disk=(runs, mounted),
                kills=max(0, min(KILLS_A_LEG, left)),
                stops=stops,
                inputs=max(0, inputs),
                pause=chosen.pause,
                deadline=deadline,
                seed=chosen.seed + 1000 * number,
                tally=tally,
                log=log,
            ).run()
        print(
            f"leg {number} ({'on the clock' if on_clock else 'lock-step'}): "
            f"{tally.kills.total()} kills, {tally.stops} stops, {tally.inputs.total()} inputs, "
            f"{tally.trainings} trainings, {tally.wrong} wrong, "
            f"{tally.unsafe.total()} unsafe, {len(tally.problems)} problems",
            flush=True,
        )


def _launch(
    chosen: argparse.Namespace, directory: Path, tally: Tally, deadline: float, log: _Log
) -> None:
    """Kill one launch after the other while it trains."""
    chance = random.Random(chosen.seed)
    kill = LaunchKill(chosen.task, directory, chance, tally, log)
    for number in range(chosen.launches):
        if time.monotonic() > deadline:
            return
        kill.run(number)
        killed = tally.launches.total()
        print(f"launch {number}: {killed} killed, {len(tally.problems)} problems", flush=True)


class _Log:
    """Writes what the processes print, with the time."""

    def __init__(self, file: object) -> None:
        self._file, self._lock, self._began = file, threading.Lock(), time.monotonic()

    def __call__(self, name: str, line: str) -> None:
        with self._lock:
            seconds = time.monotonic() - self._began
            print(f"{seconds:8.2f} [{name}] {line}", file=self._file, flush=True)  # type: ignore[call-overload]


if __name__ == "__main__":
    sys.exit(main())
