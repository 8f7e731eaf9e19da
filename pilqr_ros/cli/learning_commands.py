"""The commands that train and evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pilqr_ros.cli import bars, tables
from pilqr_ros.cli import console as show
from pilqr_ros.cli.arguments import (
    Attach,
    Conditions,
    Dashboard,
    Discovery,
    FromRun,
    InProcess,
    Log,
    Method,
    Namespace,
    RealTimeFactor,
    Record,
    RobotFile,
    Robots,
    RunPath,
    Runs,
    Scene,
    Wait,
    WhichPolicy,
    condition_names,
    given_options,
    is_given,
    number,
)
from pilqr_ros.cli.evaluations import (
    best_of,
    evaluate_all,
    evaluate_with_bar,
    final_evaluations,
    unevaluated,
)
from pilqr_ros.cli.opened_run import opened
from pilqr_ros.cli.quick_warnings import warn_of
from pilqr_ros.cli.run_arguments import (
    FromIteration,
    FromSamples,
    Iterations,
    NoiseScale,
    Rollouts,
    Seed,
)
from pilqr_ros.cli.sessions import Session, TrainingEndedEarly, Where, open_session
from pilqr_ros.cli.training_end import leave_card, leave_results
from pilqr_ros.cli.training_log import TrainingLog
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig
from pilqr_ros.evaluation.policy_tests import named_test
from pilqr_ros.learning.extension import prolonged
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_names import TASK_FILE
from pilqr_ros.runs.origin import NOISE_SCALE, PRIOR_ITERATIONS, Origin
from pilqr_ros.runs.run_config import RunConfig, check_config
from pilqr_ros.runs.run_store import RunStore, open_run
from pilqr_ros.runs.same_files import check_files
from pilqr_ros.runs.same_run import check_same, check_versions
from pilqr_ros.runs.transfer import check_origin
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
        tables.show_iterations(store)
        iteration = -1 if failure is None else best_of(store, failure)
        planned = final_evaluations(store, evaluation, iteration) if evaluation > 0 else []
        problem = evaluate_all(work, store, planned)
    leave_results(store, video=video and evaluation > 0 and problem is None)
    if failure is not None:
        if problem is not None:
            show.warn(f"no evaluation: {problem}")
        raise failure
    if problem is not None:
        raise unevaluated(store, problem, where.again) from problem


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
        evaluate_with_bar(work, store, config)
    leave_card(store)


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
    return task.condition_indices(condition_names(names))


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
        with log, bars.TrainingBar(f"{config.task} {config.method}") as bar:

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
