"""Launches that are killed while they train: nothing of them may go on."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pilqr_ros.benchmarks.soak.judge import Keeper
from pilqr_ros.benchmarks.soak.tally import Tally
from pilqr_ros.nodes.errors import NodeError, SilenceError
from pilqr_ros.nodes.runtime.waiting import wait_for_condition

START_TIMEOUT = 120.0
"""Longest wait for the first rollouts [s]."""

END_TIMEOUT = 15.0
"""Longest life of a node after its launch [s]."""

MAX_ROLLOUTS = 12
"""A launch is killed after 1 to so many rollouts."""


def launcher(task: str, runs: Path) -> tuple[str, list[str]]:
    """Return name and command of what starts a graph that trains: `ros2 launch` if there is one."""
    if importlib.util.find_spec("ros2launch") is not None:
        command = ["ros2", "launch", "pilqr_ros", "hockey.launch.py", f"task:={task}"]
        return "ros2 launch", [*command, f"runs_directory:={runs}", "train:=pilqr"]
    command = [sys.executable, "-m", "pilqr_ros.cli", "train", task, "--runs", str(runs)]
    return "pilqr train", [*command, "--no-video"]


class LaunchKill:
    """Starts launches and kills them."""

    def __init__(
        self,
        task: str,
        directory: Path,
        chance: random.Random,
        tally: Tally,
        log: Callable[[str, str], None],
    ) -> None:
        """Know what to start.

        Args:
            task: Name of the task.
            directory: Where runs and output are kept.
            chance: Draws the moment.
            tally: Counts launches and what went wrong.
            log: Takes what was done.
        """
        self._task, self._directory, self._chance = task, directory, chance
        self._tally, self._log = tally, log

    def run(self, number: int) -> None:
        """Start a launch, kill it in its training, and look for what is left of it."""
        runs = self._directory / f"launch_{number:02d}"
        runs.mkdir(parents=True)
        name, command = launcher(self._task, runs)
        how = (signal.SIGKILL, signal.SIGTERM)[number % 2]
        with (runs / "output.log").open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=runs,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            keeper = Keeper(runs)
            try:
                nodes = self._await_training(process, keeper)
            except NodeError as error:
                self._tally.problems.append(f"{name} in {runs}: {error}")
                return
            finally:
                process.send_signal(how)
            self._look(f"{name} in {runs}", nodes)
            process.wait(END_TIMEOUT)
        keeper.look()
        self._tally.launches[f"{name}, {how.name}"] += 1
        self._tally.finished += keeper.finished
        self._tally.lost += len(keeper.lost())
        self._log("soak", f"{how.name} of {name} after {keeper.finished} rollouts")

    def _await_training(self, process: subprocess.Popen[bytes], keeper: Keeper) -> list[int]:
        """Wait for some rollouts and return the processes that were started."""
        wanted = self._chance.randint(1, MAX_ROLLOUTS)

        def trained() -> bool:
            keeper.look()
            return keeper.finished >= wanted or process.poll() is not None

        wait_for_condition(trained, START_TIMEOUT, "the launch", "train")
        if process.poll() is not None:
            raise NodeError(f"the launch ended with code {process.returncode}")
        time.sleep(self._chance.uniform(0.0, 0.5))
        return _descendants(process.pid)

    def _look(self, what: str, nodes: list[int]) -> None:
        """Wait for the end of a launch's processes, and end those that are left."""
        try:
            wait_for_condition(
                lambda: not any(map(_is_alive, nodes)), END_TIMEOUT, "its nodes", "end"
            )
        except SilenceError:
            left = [pid for pid in nodes if _is_alive(pid)]
            self._tally.problems.append(f"{what}: {len(left)} of {len(nodes)} processes live on")
            for pid in left:
                os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    parents = {int(path.name): _status(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    found = [pid]
    for parent in found:
        found += [child for child, (ppid, _) in parents.items() if ppid == parent]
    return found[1:]


def _is_alive(pid: int) -> bool:
    return _status(pid)[1] not in ("", "Z", "X")


def _status(pid: int) -> tuple[int, str]:
    """Return a process's parent and state; -1 and nothing if it is gone."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return -1, ""
    return int(parent), state
