"""One leg of a soak: a graph, a user who trains, a watch on the robot, and faults."""

from __future__ import annotations

import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pilqr_msgs.action import TrainLocal
from pilqr_ros.benchmarks.soak import relay
from pilqr_ros.benchmarks.soak.injector import Injector
from pilqr_ros.benchmarks.soak.judge import Judge, Keeper
from pilqr_ros.benchmarks.soak.stops import StopThenKill
from pilqr_ros.benchmarks.soak.tally import Tally
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.errors import PilqrError
from pilqr_ros.graph import GraphOptions, command, prepare_guard, starts
from pilqr_ros.graph.exclusive import check_free
from pilqr_ros.graph.processes import ProcessGroup

ITERATIONS, ROLLOUTS = 2, 3
PARAMETERS = {"recorder": {"min_free_megabytes": 16, "max_megabytes": 16}}
"""Parameters for the small disk."""

INPUTS_AT_ONCE = 7
"""About so many inputs of a stranger come at once."""

STUCK = 300.0
"""Time without a finished rollout after which a leg in lock-step is given up [s]."""

PATIENCE_ON_THE_CLOCK = 30.0
"""How long the last training of a leg on the clock may still take [s]: a busy machine interrupts
it for ever."""


@dataclass
class Leg:
    """Trains and disturbs until enough nodes were killed or the time is over.

    Attributes:
        judge: Judges what was trained.
        options: Options of the graph.
        disk: Where runs are stored, and whether that is a small disk.
        kills: How many nodes to kill.
        stops: How many emergency stops to try, each with a kill of the guard.
        inputs: How many inputs of strangers to send, at least.
        pause: Longest pause between two faults [s].
        deadline: When to end, on the monotonic clock [s].
        seed: Seed of the faults, and of the first training.
        tally: What is counted, over all legs.
        log: Takes each line that the graph prints.
    """

    judge: Judge
    options: GraphOptions
    disk: tuple[Path, bool]
    kills: int
    stops: int
    inputs: int
    pause: float
    deadline: float
    seed: int
    tally: Tally
    log: Callable[[str, str], None]
    _user: LearnerClient | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _watched: dict[str, dict[str, int]] = field(default_factory=dict)

    def run(self) -> None:
        """Start the graph, disturb it, let the last training end, and count."""
        keeper = Keeper(Path(self.options.runs_directory))
        chance = random.Random(self.seed)
        trainee = threading.Thread(target=self._train, name="trainee", daemon=True)
        commands = self._commands()
        check_free(commands, self.options.namespace)
        prepare_guard(self.options, commands, self.log, needs_torque=True)
        try:
            with (
                ProcessGroup(self._helpers(), self._listen),
                ProcessGroup(commands, self._hear, respawn=True) as group,
                ClientNode("soak_stranger", self.options.namespace) as client,
            ):
                task = self.judge.task
                injector = Injector(group, client, task, self.disk, chance, self.tally)
                stop = StopThenKill(group, client, chance, self.tally)
                trainee.start()
                self._disturb(self._faults(injector, stop, chance), keeper, chance, group)
                self._over.set()
                self._await_end(trainee, keeper)
                injector.close()
        finally:
            keeper.look()
            self._count(keeper)

    @property
    def _lockstep(self) -> bool:
        return self.options.real_time_factor == 0.0

    def _commands(self) -> dict[str, list[str]]:
        """Return the command line of each node, with the relay between some of them."""
        commands = {}
        for start in starts(self.options):
            changed = replace(
                start,
                remappings={**start.remappings, **relay.remappings(start.name)},
                parameters={**start.parameters, **PARAMETERS.get(start.name, {})},
            )
            commands[start.name] = command(changed, self.options)
        return commands

    def _helpers(self) -> dict[str, list[str]]:
        """Return the command lines of what is not disturbed: the monitor and the relay."""
        own = [sys.executable, "-m", "pilqr_ros.benchmarks.soak"]
        factor = f"real_time_factor:={self.options.real_time_factor}"
        task = f"task:={json.dumps(self.options.task)}"
        monitor = ["--ros-args", "-p", factor, "-p", task]
        return {
            name: [*own[:2], f"{own[2]}.{name}", *arguments]
            for name, arguments in (("monitor", monitor), ("relay", []))
        }

    def _faults(
        self, injector: Injector, stop: StopThenKill, chance: random.Random
    ) -> Iterator[Callable[[], str]]:
        """Yield faults in random order until there were enough of each kind."""
        tally, stops = self.tally, self.stops
        kills, inputs = tally.kills.total() + self.kills, tally.inputs.total() + self.inputs
        while True:
            left = {
                injector.inject: max(0, kills - tally.kills.total()),
                stop.inject: stops,
                injector.speak_as_stranger: max(0, inputs - tally.inputs.total()) / INPUTS_AT_ONCE,
            }
            if not any(left.values()):
                return
            (fault,) = chance.choices(list(left), list(left.values()))
            stops -= fault == stop.inject
            yield fault

    def _disturb(
        self,
        faults: Iterator[Callable[[], str]],
        keeper: Keeper,
        chance: random.Random,
        group: ProcessGroup,
    ) -> None:
        """Inject faults until there were enough or the time is over."""
        progress = time.monotonic(), keeper.finished
        for fault in faults:
            if time.monotonic() > self.deadline:
                return
            time.sleep(chance.uniform(0.0, self.pause))
            self.log("soak", fault())
            group.check()
            keeper.look()
            now = time.monotonic()
            if keeper.finished > progress[1]:
                progress = now, keeper.finished
            elif self._lockstep and now - progress[0] > STUCK:
                self.tally.problems.append(f"no rollout was finished for {STUCK:g} s")
                return

    def _await_end(self, trainee: threading.Thread, keeper: Keeper) -> None:
        """Let the training under way come to its end without further faults."""
        trainee.join(STUCK if self._lockstep else PATIENCE_ON_THE_CLOCK)
        keeper.look()
        if not trainee.is_alive():
            return
        if self._lockstep:
            self.tally.problems.append(f"the last training did not end within {STUCK:g} s")
        if self._user is not None:
            self._user.close()
        trainee.join(STUCK)

    def _train(self) -> None:
        """Train with one seed after the other, as a user would."""
        self._user = LearnerClient(self.options.namespace)
        for seed in itertools.count(self.seed):
            if self._over.is_set():
                break
            try:
                self._train_once(self._user, seed)
            except Exception as error:
                if self._over.is_set():  # the user has left
                    return
                self.tally.problems.append(f"training with seed {seed}: {error!r}")
        self._user.close()

    def _train_once(self, client: LearnerClient, seed: int) -> None:
        """Train with one seed to the end; an error is read, and the training resumed."""
        directory = ""

        def note(feedback: TrainLocal.Feedback) -> None:
            nonlocal directory
            directory = feedback.run_directory

        goal = TrainLocal.Goal(method="pilqr", iterations=ITERATIONS, rollouts=ROLLOUTS, seed=seed)
        while True:
            try:
                result = client.train(goal, note)
                directory = result.run_directory or directory
                if result.success:
                    break
                said = result.message
            except PilqrError as error:
                if self._over.is_set() and not self._lockstep:
                    raise
                said = str(error)
            self.log("soak", f"training ended: {said}")
            self.tally.resumed_by_hand += 1
            time.sleep(1.0)
            if directory:
                goal = TrainLocal.Goal(resume=directory)
        self._judge(Path(directory))

    def _judge(self, run: Path) -> None:
        self.tally.trainings += 1
        self.tally.interrupted += len(list(run.rglob("*.interrupted_*.npz")))
        if not self._lockstep:
            self.tally.wrong += self.judge.judge_on_clock(run).wrong
            return
        verdict = self.judge.judge(run)
        self.tally.in_lockstep += 1
        self.tally.judged += verdict.rollouts
        self.tally.wrong += verdict.wrong
        self.tally.equal += verdict.equal
        self.log("soak", f"{run.name}: {verdict}")
        if not verdict.equal:
            self.tally.problems.append(f"{run} differs from the undisturbed training")

    def _hear(self, name: str, line: str) -> None:
        """Take what a node prints."""
        self.log(name, line)
        if "Traceback (most recent call last)" in line:
            self.tally.problems.append(f"{name} printed a traceback")

    def _listen(self, name: str, line: str) -> None:
        """Take what the monitor tells."""
        if not line.startswith("{"):
            self.log(name, line)
            return
        said = json.loads(line)
        if "unsafe" in said:
            self.log(name, line)
            return
        self._watched[name] = {"ticks": said["ticks"], **said["kinds"]}

    def _count(self, keeper: Keeper) -> None:
        """Add up what was seen."""
        self.tally.finished += keeper.finished
        lost = keeper.lost()
        self.tally.lost += len(lost)
        self.tally.problems += [f"lost: {path}" for path in lost]
        watched = self._watched.get("monitor", {})
        self.tally.ticks += watched.pop("ticks", 0)
        self.tally.unsafe.update(watched)
        if self.tally.ticks == 0:
            self.tally.problems.append("the monitor saw no torque")
