"""Two places where training happens: this process, or a graph of ROS nodes."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pilqr_ros.cli.ros_needed import require_ros
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.errors import PilqrError
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.learning.collector import InProcessCollector, rollouts_at_once
from pilqr_ros.learning.errors import TrainingError, TrainingStopped
from pilqr_ros.learning.extension import keep_prolonged, prolonged
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.executed_task import load_executed_task
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_presence import is_present
from pilqr_ros.runs.run_store import open_run
from pilqr_ros.runs.run_summary import RunSummary
from pilqr_ros.runs.transfer import begin_run
from pilqr_ros.tasks import Task


class TrainingEndedEarly(TrainingError):
    """A training failed; the message says why and how it goes on.

    Attributes:
        directory: The run's; empty if it was not begun, or is gone.
    """

    def __init__(self, why: str, directory: str, again: str) -> None:
        """Say why, and how the training goes on if its run is there (see `Where.again`)."""
        self.directory = directory if directory and is_present(Path(directory)) else ""
        super().__init__(f"{why}{_after_failure(directory, again)}" if self.directory else why)


@dataclass(frozen=True)
class Outcomes:
    """The outcome of each rollout of an evaluation."""

    condition: Sequence[int]
    successes: Sequence[bool]
    distances: Sequence[float]
    costs: Sequence[float]


def ignore(_run: Path) -> None:
    """Want to know nothing of a run."""


class Session(Protocol):
    """A place where policies are trained and evaluated."""

    def train(
        self,
        config: RunConfig,
        resume: Path | None,
        on_progress: Callable[[Any], None],
        on_run: Callable[[Path], None] = ignore,
    ) -> Path:
        """Train and return the run's directory, which `on_run` is told as soon as it is there."""

    def evaluate(
        self, run: Path, config: EvaluationConfig, on_rollout: Callable[[], None]
    ) -> Outcomes:
        """Evaluate a run's policies and return what came of each rollout."""


@dataclass
class InProcessSession:
    """Trains and evaluates in this process, without ROS."""

    task: Task
    runs: Path
    again: str = ""

    def __post_init__(self) -> None:
        """Build the simulated world once."""
        self._collector = InProcessCollector(self.task)
        self._evaluator = TaskCostEvaluator(self.task)

    def train(
        self,
        config: RunConfig,
        resume: Path | None,
        on_progress: Callable[[Any], None],
        on_run: Callable[[Path], None] = ignore,
    ) -> Path:
        """Train and return the run's directory.

        Raises:
            TrainingEndedEarly: It failed; the message says why and how it goes on.
            TrainingStopped: The user interrupted it; likewise.
        """
        if resume is None:
            store = begin_run(self.runs, self.task, config)
        else:
            store = prolonged(open_run(resume), config.iterations)
            keep_prolonged(store)
        on_run(store.directory)
        try:
            Trainer(
                store,
                self._collector,
                self._evaluator,
                on_progress=on_progress,
                at_once=rollouts_at_once(),
            ).run()
        except PilqrError as error:
            raise TrainingEndedEarly(str(error), str(store.directory), self.again) from error
        except KeyboardInterrupt:
            raise _interrupted(str(store.directory), self.again) from None
        return store.directory

    def evaluate(
        self, run: Path, config: EvaluationConfig, on_rollout: Callable[[], None]
    ) -> Outcomes:
        """Evaluate a run's policies and return what came of each rollout."""
        evaluator = PolicyEvaluator(
            open_run(run), self._collector, self._evaluator, at_once=rollouts_at_once()
        )
        results = evaluator.run(config, lambda _: on_rollout())
        return Outcomes(
            condition=[one.rollout.condition for one in results],
            successes=[one.cost.success for one in results],
            distances=[one.cost.distance for one in results],
            costs=[one.cost.total for one in results],
        )


@dataclass
class GraphSession:
    """Trains and evaluates through the learner node."""

    client: Any  # a nodes.clients.learner_client.LearnerClient; ROS is not imported here
    again: str = ""

    def train(
        self,
        config: RunConfig,
        resume: Path | None,
        on_progress: Callable[[Any], None],
        on_run: Callable[[Path], None] = ignore,
    ) -> Path:
        """Send a training goal and return the run's directory.

        Raises:
            TrainingEndedEarly: It failed; the message says why and how it goes on.
            TrainingStopped: The user interrupted it, or somebody else did; likewise.
        """
        from pilqr_msgs.action import TrainGlobal, TrainLocal

        goal = (TrainGlobal if config.guided else TrainLocal).Goal(
            method=config.method,
            iterations=config.iterations,
            rollouts=config.rollouts,
            seed=config.seed,
            conditions=list(config.conditions),
            resume="" if resume is None else str(resume.resolve()),
            origin=_origin_message(None if resume is not None else config.origin),
        )
        directory = ""

        def on_feedback(feedback: Any) -> None:  # noqa: ANN401
            nonlocal directory
            if not directory and feedback.run_directory:
                on_run(Path(feedback.run_directory))
            directory = feedback.run_directory
            on_progress(feedback)

        try:
            train = self.client.train_global if config.guided else self.client.train
            result = train(goal, on_feedback)
        except KeyboardInterrupt:
            raise _interrupted(directory, self.again) from None
        except PilqrError as error:
            raise TrainingEndedEarly(str(error), directory, self.again) from error
        if result.error_code == ErrorCode.CANCELLED:  # by somebody else
            raise _stopped(result.message, result.run_directory, self.again)
        if not result.success:
            raise TrainingEndedEarly(result.message, result.run_directory, self.again)
        return Path(result.run_directory)

    def evaluate(
        self, run: Path, config: EvaluationConfig, on_rollout: Callable[[], None]
    ) -> Outcomes:
        """Send an evaluation goal and return what came of each rollout.

        Raises:
            NodeError: The learner did not answer, or rejected the goal.
            TrainingStopped: Somebody else cancelled it.
            TrainingError: The evaluation ended early.
        """
        from pilqr_msgs.action import EvaluatePolicy

        goal = EvaluatePolicy.Goal(
            run=str(run.resolve()),
            iteration=config.iteration,
            rollouts=config.rollouts,
            explore=config.explore,
            seed=config.seed,
            conditions=list(config.conditions),
            policy=config.policy,
        )
        counted = 0

        def on_feedback(feedback: EvaluatePolicy.Feedback) -> None:
            nonlocal counted
            for _ in range(counted, feedback.rollout):
                on_rollout()
            counted = max(counted, feedback.rollout)

        result = self.client.evaluate(goal, on_feedback)
        if result.error_code == ErrorCode.CANCELLED:
            raise TrainingStopped(result.message)
        if not result.success:
            raise TrainingError(result.message)
        return Outcomes(
            condition=list(result.condition),
            successes=list(result.successes),
            distances=list(result.distances),
            costs=list(result.total_costs),
        )


def _origin_message(origin: Origin | None) -> Any:  # noqa: ANN401
    """Return what a goal says of the run that a new one starts from."""
    from pilqr_msgs.msg import Origin as Message

    if origin is None:
        return Message()
    fields = vars(origin) | {"run": str(Path(origin.run).resolve())}
    return Message(**fields)


def _interrupted(directory: str, again: str) -> TrainingStopped:
    """Say that training was interrupted and how it goes on."""
    if not directory:
        return TrainingStopped("interrupted before the run began")
    return _stopped("interrupted", directory, again)


def _stopped(why: str, directory: str, again: str) -> TrainingStopped:
    return TrainingStopped(f"{why}{_goes_on(directory, again)}" if directory else why)


def _goes_on(directory: str, again: str) -> str:
    """Return how a training goes on, as the end of a sentence."""
    return f"; `{resuming(directory, again)}` continues"


def _after_failure(directory: str, again: str) -> str:
    """Return how a training that failed goes on, as the end of a sentence.

    Where no iteration is finished, the task file is the likely cause, and a run keeps its own.
    """
    try:
        finished = RunSummary.of(Path(directory)).finished
    except PilqrError:
        finished = 0
    if finished > 0:
        return _goes_on(directory, again)
    return (
        "; if the task file is what must be mended, train it again, as a new run: this one keeps "
        f"the file it was begun with; `{resuming(directory, again)}` tries that once more"
    )


def resuming(directory: str, again: str) -> str:
    """Return the command that continues a run, and evaluates one that is trained.

    Args:
        directory: The run's.
        again: See `Where.again`.
    """
    return f"pilqr train --resume {shlex.quote(directory)} {again}".rstrip()


@dataclass(frozen=True)
class Where:
    """Where training happens.

    Attributes:
        real_time_factor: Pace of the graph; 0 for as fast as it goes.
        record: Whether new nodes record what they say.
        namespace: Namespace of the nodes.
        in_process: Whether to do without ROS.
        attach: Whether the nodes are already running.
        robot_config: Name or path of the robot's file; empty for the usual names.
        discovery: Whose nodes are found.
        runs_chosen: Whether the user said where new runs are to be kept.
        again: The options with which a training that ended early goes on as it was begun.
        wait: How long running nodes are waited for until they are found [s].
        dashboard: Whether a live page is served meanwhile.
        scene: Whether new nodes show robot and rollouts in RViz and Foxglove.
        robots: How many robots the nodes have, or their names; empty for one.
    """

    real_time_factor: float = 0.0
    record: bool = True
    namespace: str = ""
    in_process: bool = False
    attach: bool = False
    robot_config: str = ""
    discovery: str = "auto"
    runs_chosen: bool = False
    again: str = ""
    wait: int = 5
    dashboard: bool = False
    scene: bool = False
    robots: str = ""


@contextlib.contextmanager
def open_session(task: str, runs: Path, where: Where) -> Iterator[Session]:
    """Open a session, and end it however the block is left.

    Args:
        task: A task's name or the path of its file.
        runs: Parent of all runs.
        where: This process, new nodes, or nodes that are running.

    Raises:
        TrainingError: Nodes are to be used and to be done without.
        NodeError: Nodes are to be started that are running, or those that are to be running are
            not, or keep runs elsewhere than the user wants, or an emergency stop is latched.
        RosMissingError: Nodes are to be used, and there is no ROS 2.
    """
    if where.in_process and where.attach:
        raise TrainingError("--in-process uses no nodes: leave out --attach")
    if where.in_process and where.dashboard:
        raise TrainingError("--in-process uses no nodes: `pilqr view RUN` shows a run that goes on")
    if where.scene and (where.in_process or where.attach):
        raise TrainingError("--scene starts a node: leave out --in-process and --attach")
    if where.robots and (where.in_process or where.attach):
        raise TrainingError("--robots is for new nodes: leave out --in-process and --attach")
    if where.in_process:
        yield InProcessSession(load_executed_task(task), runs, where.again)
        return
    require_ros()
    from pilqr_ros.clients.learner_client import LearnerClient
    from pilqr_ros.graph import GraphOptions, live_page, print_line, running_graph
    from pilqr_ros.graph.discovery import limit_discovery

    limit_discovery(where.discovery)
    options = GraphOptions(
        task=task,
        runs_directory=str(runs.resolve()),
        real_time_factor=where.real_time_factor,
        record=where.record,
        namespace=where.namespace,
        robot_config=where.robot_config,
        discovery=where.discovery,
        dashboard=where.dashboard,
        scene=where.scene,
        robots=where.robots,
    )
    with contextlib.ExitStack() as stack:
        if where.attach:
            stack.enter_context(live_page(options, print_line))
        else:
            stack.enter_context(running_graph(options, needs_torque=True))
        client = stack.enter_context(LearnerClient(where.namespace))
        if where.attach:
            client.find_learner(where.wait)
        if where.attach and where.runs_chosen:
            client.check_runs_directory(runs.resolve())
        if where.attach:
            client.check_guard()
        yield GraphSession(client, where.again)
