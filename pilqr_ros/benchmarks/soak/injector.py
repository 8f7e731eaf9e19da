"""Draws faults at random and injects them into a running graph."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from std_msgs.msg import Float64MultiArray

from pilqr_ros.benchmarks.soak.disk import full_disk
from pilqr_ros.benchmarks.soak.hostile_files import write_unreadable
from pilqr_ros.benchmarks.soak.relay import FAULTS
from pilqr_ros.benchmarks.soak.strangers import Strangers
from pilqr_ros.benchmarks.soak.tally import Tally
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.nodes.messages import qos
from pilqr_ros.tasks import Task

SHARE_OF_KILLS = 0.6


class Injector:
    """Injects one fault after the other."""

    def __init__(
        self,
        group: ProcessGroup,
        client: ClientNode,
        task: Task,
        disk: tuple[Path, bool],
        chance: random.Random,
        tally: Tally,
    ) -> None:
        """Get ready.

        Args:
            group: The graph's processes.
            client: A node to speak through.
            task: The graph's task.
            disk: Where runs are stored, and whether that is a small disk.
            chance: Draws the faults.
            tally: Counts them.
        """
        self._group, self._disk, self._chance, self._tally = group, disk, chance, tally
        self._strangers = Strangers(client.node, task, chance, write_unreadable(disk[0]))
        self._relay = client.node.create_publisher(Float64MultiArray, FAULTS, qos.RELIABLE)
        self._others: Sequence[Callable[[], object]] = (
            self._freeze,
            self._drop,
            self._delay,
            self._fill_disk,
            *(self.speak_as_stranger,) * 3,
        )

    def inject(self) -> str:
        """Inject a fault and return what it was, once it is over."""
        if self._chance.random() < SHARE_OF_KILLS:
            return self._kill()
        fault = self._chance.choice(self._others)
        fault()
        return fault.__name__.strip("_")

    def _kill(self) -> str:
        """Kill a node, now and then two at once."""
        pids = self._group.pids
        names = self._chance.sample(sorted(pids), 2 if self._chance.random() < 0.15 else 1)
        for name in names:
            with suppress(ProcessLookupError):
                os.kill(pids[name], signal.SIGKILL)
                self._tally.kills[name] += 1
        return f"kill {' and '.join(names)}"

    def _freeze(self) -> None:
        """Stop the simulator for a while, as a hung process."""
        pid = self._group.pids["mujoco_bridge"]
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(self._chance.choice((0.05, 0.15, 0.5, 2.0, 4.0)))
            os.kill(pid, signal.SIGCONT)
            self._tally.faults["simulator frozen"] += 1

    def _drop(self) -> None:
        self._disturb(drop=self._chance.choice((0.01, 0.1, 1.0)), delay=0.0)
        self._tally.faults["messages dropped for a while"] += 1

    def _delay(self) -> None:
        self._disturb(drop=0.0, delay=self._chance.choice((0.01, 0.08, 0.5)))
        self._tally.faults["messages delayed for a while"] += 1

    def _disturb(self, drop: float, delay: float) -> None:
        self._relay.publish(Float64MultiArray(data=[drop, delay]))
        time.sleep(self._chance.uniform(0.2, 1.5))
        self._relay.publish(Float64MultiArray(data=[0.0, 0.0]))

    def _fill_disk(self) -> None:
        directory, mounted = self._disk
        with suppress(ProcessLookupError):
            with full_disk(directory, self._group.pids["learner"], mounted):
                time.sleep(self._chance.uniform(0.5, 2.0))
            self._tally.faults["disk full for a while"] += 1

    def speak_as_stranger(self) -> str:
        """Send some malformed or foreign messages, requests or goals of one kind."""
        name = self._chance.choice(sorted(self._strangers.kinds))
        self._tally.inputs[name] += self._strangers.kinds[name]()
        return f"stranger's {name}"

    def close(self) -> None:
        """Count how strangers were answered."""
        self._tally.answers.update(self._strangers.answers)
        self._tally.problems += self._strangers.problems
