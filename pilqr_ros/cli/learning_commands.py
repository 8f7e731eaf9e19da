"""The commands that train, evaluate, and list runs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import (
    Attach,
    Conditions,
    Dashboard,
    Discovery,
    FromIteration,
    FromRun,
    FromSamples,
    InProcess,
    Iterations,
    Log,
    Method,
    Namespace,
    NoiseScale,
    RealTimeFactor,
    Record,
    RobotFile,
    Robots,
    Rollouts,
    RunPath,
    Runs,
    Scene,
    Seed,
    Wait,
    WhichPolicy,
    given_options,
    is_given,
    number,
)
from pilqr_ros.cli.filming import film_evaluation_with_bar
from pilqr_ros.cli.quick_warnings import warn_of
from pilqr_ros.cli.sessions import Session, TrainingEndedEarly, Where, open_session
from pilqr_ros.cli.training_log import TrainingLog
from pilqr_ros.diagnosis import diagnose as judge_run
from pilqr_ros.errors import PilqrError
from pilqr_ros.evaluation.curves import plot_learning_curve
from pilqr_ros.evaluation.policy_card import write_card
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig
from pilqr_ros.evaluation.policy_tests import evaluation_by_test, named_test
from pilqr_ros.evaluation.success_curve import plot_success_curve
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.learning.extension import prolonged
from pilqr_ros.runs.best_iteration import best_iteration
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.origin import NOISE_SCALE, PRIOR_ITERATIONS, Origin
from pilqr_ros.runs.run_config import RunConfig, check_config
from pilqr_ros.runs.run_description import TASK_FILE
from pilqr_ros.runs.run_store import RunStore, find_runs, open_run
from pilqr_ros.runs.run_summary import RunSummary
from pilqr_ros.runs.same_files import check_files, file_warnings
from pilqr_ros.runs.same_run import check_same, check_versions
from pilqr_ros.runs.transfer import check_origin
from pilqr_ros.simulation.errors import RenderError
from pilqr_ros.tasks import Task, load_task
from pilqr_ros.tasks.schema import MAX_ROLLOUTS

_OF_THE_RUN = frozenset(
    {"task", "method", "iterations", "rollouts", "conditions", "seed", "resume", "runs"}
    | {"from_run", "from_iteration", "noise_scale", "from_samples"}
)
"""What a run that is resumed knows by itself, of the parameters of `train`."""


def train(
    context: typer.Context,
    task: Annotated[
        str | None, typer.Argument(help="A task's name, or the path of its file; else hockey.")
    ] = None,
    method: Method = None,
    iterations: Iterations = None,
    rollouts: Rollouts = None,
    conditions: Conditions = None,
    seed: Annotated[
        int | None, number(RunConfig, "seed", "Seed of everything random; else 0.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Continue this run; with more --iterations than it had, beyond its end.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    from_run: FromRun = None,
    from_iteration: FromIteration = -1,
    noise_scale: NoiseScale = NOISE_SCALE,
    from_samples: FromSamples = PRIOR_ITERATIONS,
    runs: Runs = Path("runs"),
    evaluation: Annotated[
        int,
        typer.Option(
            min=0, max=MAX_ROLLOUTS, help="Rollouts that evaluate the final policy; 0: none."
        ),
    ] = 20,
    video: Annotated[bool, typer.Option(help="Film the learned policy.")] = True,
    real_time_factor: RealTimeFactor = 0.0,
    record: Record = True,
    namespace: Namespace = "",
    in_process: InProcess = False,
    attach: Attach = False,
    wait: Wait = 5,
    robot_config: RobotFile = "",
    discovery: Discovery = "auto",
    dashboard: Dashboard = False,
    scene: Scene = False,
    robots: Robots = "",
    log: Log = None,
) -> None:
    """Train the policies of a task, evaluate them, and leave curve, video and data in the run.

    A training that fails leaves the same, of its best policy so far, and a non-zero exit code.
    """
    if resume is not None and from_run is not None:
        raise RunError("--from begins a new run: leave out --resume, or --from")
    if from_run is None:
        for option in ("from_iteration", "noise_scale", "from_samples"):
            if is_given(option, context):
                named = option.replace("_", "-")
                raise typer.BadParameter(f"--{named} is of --from: there is no run to begin with")
    if resume is None:
        task = "hockey" if task is None else task
        numbers = from_iteration, noise_scale, from_samples
        origin = None if from_run is None else Origin(str(from_run), *numbers)
        config = _new_config(task, method, iterations, rollouts, seed, conditions, origin)
        if origin is not None:
            show.console.print(f"begins with {origin}", soft_wrap=True)
    else:
        asked = {"method": method, "iterations": iterations, "rollouts": rollouts, "seed": seed}
        task, config = _resumed(resume, task, conditions, asked)
    place = Where(real_time_factor, record, namespace, in_process, attach, robot_config, discovery)
    where = replace(
        place,
        wait=wait,
        dashboard=dashboard,
        scene=scene,
        robots=robots,
        runs_chosen=resume is None and is_given("runs", context),
        again=given_options(context, without=_OF_THE_RUN),
    )
    follower = TrainingLog(log)
    with open_session(task, runs, where) as work:
        store, failure = _train(work, config, resume, follower)
        show.show_iterations(store)
        iteration = -1 if failure is None else _best_of(store, failure)
        planned = _final_evaluations(store, evaluation, iteration) if evaluation > 0 else []
        evaluated = _evaluate_all(work, store, planned, failure)
    show.console.print(f"card: {write_card(store)}", soft_wrap=True)
    _draw(store, video=video and evaluated)
    if judgements := judge_run(store):
        show.show_judgements(judgements)
    show.console.print(f"run: {store.directory}", soft_wrap=True)
    if failure is not None:
        raise failure


def evaluate(
    run: RunPath,
    rollouts: Annotated[
        int, number(EvaluationConfig, "rollouts", "Rollouts of each condition.")
    ] = 20,
    conditions: Annotated[
        str | None, typer.Option(help="Names of conditions separated by commas; else all trained.")
    ] = None,
    iteration: Annotated[
        int, number(EvaluationConfig, "iteration", "Whose policies; -1: the last.")
    ] = -1,
    explore: Annotated[bool, typer.Option(help="With the policy's own noise.")] = False,
    seed: Seed = 0,
    policy: WhichPolicy = "best",
    test: Annotated[
        str | None, typer.Option(help="A test of the task file: its conditions and rollouts.")
    ] = None,
    real_time_factor: RealTimeFactor = 0.0,
    record: Record = True,
    namespace: Namespace = "",
    in_process: InProcess = False,
    attach: Attach = False,
    wait: Wait = 5,
    robot_config: RobotFile = "",
    discovery: Discovery = "auto",
) -> None:
    """Execute the policies of a run and count successes."""
    store = opened(run)
    chosen = () if conditions is None else _indices(store.task, conditions)
    if test is not None:
        named = named_test(store.task, test)
        chosen, rollouts = named.conditions, named.rollouts
    config = EvaluationConfig(iteration, rollouts, explore, seed, chosen, policy)
    task, runs = str(run / TASK_FILE), run.parent
    place = Where(real_time_factor, record, namespace, in_process, attach, robot_config, discovery)
    with open_session(task, runs, replace(place, wait=wait)) as work:
        _evaluate(work, store, config)
    show.console.print(f"card: {write_card(store)}", soft_wrap=True)


def runs(
    directory: Annotated[
        Path | None, typer.Argument(help="Where runs are kept; instead of `--runs`.")
    ] = None,
    runs: Runs = Path("runs"),
) -> None:
    """List the runs, how far they are, and how often the last policy of each succeeds.

    That is by its own evaluation; "noisy" are the last iteration's rollouts of a run without one.
    """
    place, found = runs if directory is None else directory, []
    for path in find_runs(place):
        try:
            found.append(RunSummary.of(path))
        except PilqrError as error:
            show.warn(f"{path} is left out: {error}")
    for one in found:
        if one.warning:
            show.warn(one.warning)
    show.show_runs(place, found)


def opened(run: Path) -> RunStore:
    """Open a run to look at it or to execute its policies, and warn of files that changed."""
    store = open_run(run)
    for warning in file_warnings(store):
        show.warn(warning)
    return store


def _new_config(
    task: str,
    method: str | None,
    iterations: int | None,
    rollouts: int | None,
    seed: int | None,
    conditions: str | None,
    origin: Origin | None,
) -> RunConfig:
    """Return what a new run is to do; the task file tells what is not asked for."""
    loaded = load_task(task)
    warn_of(loaded)
    config = RunConfig.for_task(
        loaded,
        "pilqr" if method is None else method,
        seed=0 if seed is None else seed,
        iterations=iterations,
        rollouts=rollouts,
        conditions=() if conditions is None else _indices(loaded, conditions),
        origin=origin,
    )
    check_origin(config, loaded)
    return config


def _indices(task: Task, names: str) -> tuple[int, ...]:
    """Return the indices of conditions that are named, separated by commas."""
    return task.condition_indices([name.strip() for name in names.split(",")])


def _resumed(
    run: Path, task: str | None, conditions: str | None, asked: Mapping[str, Any]
) -> tuple[str, RunConfig]:
    """Return the path of a run's own task file and what the run is to do.

    Raises:
        RunError: Something else is asked for than when the run was begun, but for more iterations.
    """
    found = open_run(run)
    check_config(found.config, found.task)
    store = prolonged(found, asked["iterations"])
    wanted = {
        **asked,
        "conditions": None if conditions is None else _indices(store.task, conditions),
    }
    check_same(store, wanted, None if task is None else load_task(task))
    unknown = check_files(store)
    for warning in (*unknown, *check_versions(store)):
        show.warn(warning)
    own = run / TASK_FILE
    same = "" if unknown else ", as it was when the run was begun"
    show.console.print(f"task: {own}{same}", soft_wrap=True)
    before, now = found.config.iterations, store.config.iterations
    if now > before:
        show.console.print(f"goes on to {now} iterations; it was asked for {before}")
    return str(own), store.config


def _train(
    work: Session, config: RunConfig, resume: Path | None, log: TrainingLog
) -> tuple[RunStore, TrainingEndedEarly | None]:
    """Train and return the run, and why it ended early if it did.

    Raises:
        TrainingEndedEarly: The run was not begun, or no iteration of it is finished.
        TrainingStopped: The user interrupted it.
    """
    try:
        with log, show.TrainingBar(f"{config.task} {config.method}") as bar:

            def on_progress(progress: Any) -> None:  # noqa: ANN401
                bar.update(progress)
                log.on_progress(progress)

            return open_run(work.train(config, resume, on_progress, log.begin)), None
    except TrainingEndedEarly as failure:
        if not failure.directory:
            raise
        store = open_run(Path(failure.directory))
        if store.iterations_finished == 0:
            raise
        return store, failure


def _best_of(store: RunStore, failure: TrainingEndedEarly) -> int:
    """Return the iteration whose policies did best before a training failed, and say which.

    Raises:
        TrainingEndedEarly: None is finished.
    """
    best = best_iteration(store)
    if best is None:
        raise failure
    show.warn(
        f"training ended early; its best policy so far is that of iteration {best.iteration + 1} "
        f"(evaluate --iteration {best.iteration}), whose rollouts cost {best.mean_cost:.4g}"
    )
    return best.iteration


def _final_evaluations(store: RunStore, rollouts: int, iteration: int) -> list[EvaluationConfig]:
    """Return how a run is evaluated: where there are tests of a global policy, by them.

    Args:
        store: The run.
        rollouts: Rollouts of each condition where there are no tests.
        iteration: Whose policies; -1 for the last.
    """
    guided = store.task.guided
    if not store.config.guided or guided is None or not guided.tests:
        return [EvaluationConfig(iteration, rollouts, seed=store.config.seed)]
    return [evaluation_by_test(store, name, iteration) for name in guided.tests]


def _evaluate_all(
    work: Session,
    store: RunStore,
    planned: Sequence[EvaluationConfig],
    failure: TrainingEndedEarly | None,
) -> bool:
    """Evaluate a run and tell whether it was; after a failed training that may fail as well."""
    try:
        for config in planned:
            _evaluate(work, store, config)
    except TrainingStopped:
        raise
    except PilqrError as error:
        if failure is None:
            raise
        show.warn(f"no evaluation: {error}")
        return False
    return len(planned) > 0


def _evaluate(work: Session, store: RunStore, config: EvaluationConfig) -> None:
    total = config.rollouts * len(config.conditions or store.config.conditions)
    with show.counting_bar("evaluation", total) as advance:
        outcomes = work.evaluate(store.directory, config, advance)
    show.show_evaluation(store.task, outcomes)


def _draw(store: RunStore, *, video: bool) -> None:
    show.console.print(f"learning curve: {plot_learning_curve(store)}", soft_wrap=True)
    if store.config.guided:
        with contextlib.suppress(RunError):
            show.console.print(f"success curve: {plot_success_curve(store)}", soft_wrap=True)
    if not video:
        return
    try:
        film_evaluation_with_bar(store)
    except RenderError as error:
        show.warn(f"no video: {error}")
