"""How evenly the executor ticks: `python -m pilqr_ros.benchmarks.tick_jitter --minutes 10`.

In one run on one machine, with the last core kept busy by a process that does nothing else:

- trajectory_executor: the real graph at `real_time_factor:=1`, one rollout after the other;
- bare timer: a node of the client library with nothing but a 20 Hz timer, in rclpy's own executor.

Both tell their jitter on /diagnostics, over their last 10 minutes at most.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from contextlib import ExitStack, suppress

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rich.console import Console
from rich.table import Table

from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.graph import NODES, GraphOptions, print_line, running_graph
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.lifetime import allow_ending
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.diagnostics import Diagnosis, Diagnostics, Level
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.training.ros_collector import RosCollector
from pilqr_ros.robot.execution.tick_jitter import TickJitter, TickMeter
from pilqr_ros.tasks import load_task

PERIOD = 0.05
"""Period of the bare timer [s]: that of the tasks' control."""

LOOP = tuple(spec for spec in NODES if spec.name not in ("learner", "cost_evaluator", "recorder"))
MEASURED = ("trajectory_executor", "bare_timer")


class BareTimer(Node):
    """A 20 Hz timer and nothing else."""

    def __init__(self) -> None:
        """Start the timer."""
        super().__init__("bare_timer")
        self._meter = TickMeter(round(PERIOD * 1e9))
        self.create_timer(PERIOD, self._on_tick, clock=Clock(clock_type=ClockType.STEADY_TIME))
        Diagnostics(self, self._diagnose)

    def _on_tick(self) -> None:
        self._meter.note(time.monotonic_ns())

    def _diagnose(self) -> list[Diagnosis]:
        jitter = self._meter.judge()
        return [Diagnosis("ticks", Level.OK, "", {} if jitter is None else jitter._asdict())]


class Listener:
    """Keeps the newest jitter that each node told."""

    def __init__(self, node: Node) -> None:
        """Listen to /diagnostics."""
        self.newest: dict[str, TickJitter] = {}
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_message, qos.RECORD)

    def _on_message(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = {value.key: float(value.value) for value in status.values}
            who = status.name.removesuffix(": ticks")
            if who in MEASURED and status.name != who and values:
                jitter = TickJitter(**values)  # type: ignore[arg-type]
                self.newest[who] = jitter


def keep_busy() -> None:
    """Use the last core until the parent ends."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    parent = os.getppid()
    with suppress(KeyboardInterrupt):
        allow_ending()
        while os.getppid() == parent:
            sum(range(100_000))


def measure(name: str, minutes: float) -> tuple[dict[str, TickJitter], Counter[str]]:
    """Return the jitter of both nodes, and how the rollouts ended."""
    program = [sys.executable, "-m", "pilqr_ros.benchmarks.tick_jitter", "--role"]
    others = {role: [*program, role] for role in ("bare", "busy")}
    task, ends = load_task(name), Counter[str]()
    with ExitStack() as stack:
        chosen = GraphOptions(task=name, real_time_factor=1.0)
        stack.enter_context(running_graph(chosen, nodes=LOOP, needs_torque=True))
        stack.enter_context(ProcessGroup(others, print_line))
        client = stack.enter_context(ClientNode("tick_jitter"))
        listener, collector = Listener(client.node), RosCollector(client.node)
        end = time.monotonic() + 60.0 * minutes
        while time.monotonic() < end:
            seed = sum(ends.values())
            rollout = collector.collect(task.initial_policy(0), 0, seed, explore=True, jitter=True)
            ends["valid" if rollout.valid else "late, old or limited"] += 1
            if not rollout.valid:
                print(f"rollout {seed}: {rollout.reason}", flush=True)
        return listener.newest, ends


def table_of(jitters: dict[str, TickJitter]) -> Table:
    """Return the figures as a table."""
    table = Table("node", "periods", "missed", "p50 [ms]", "p99 [ms]", "max [ms]")
    for who, jitter in jitters.items():
        figures = (f"{value:.2f}" for value in jitter[2:])
        table.add_row(who, f"{jitter.periods:.0f}", f"{jitter.missed:.0f}", *figures)
    return table


def main() -> None:
    """Measure, or play a part in it."""
    parser = argparse.ArgumentParser(description="Measure how evenly the executor ticks.")
    parser.add_argument("--task", default="hockey", help="name or path of the task")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to measure")
    parser.add_argument("--role", choices=("bare", "busy"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role == "busy":
        keep_busy()
        return
    if given.role == "bare":
        sys.exit(run(BareTimer))
    load = os.getloadavg()[0]
    jitters, ends = measure(given.task, given.minutes)
    console = Console(width=100)
    console.print(table_of(jitters))
    console.print(f"{os.cpu_count()} cores; load {load:.1f} before, {os.getloadavg()[0]:.1f} after")
    console.print(f"rollouts: {dict(ends)}")


if __name__ == "__main__":
    main()
