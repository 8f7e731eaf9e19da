"""The command `pilqr`: start the nodes, train, evaluate, plot, and list runs.

ROS is imported only by the commands that use it, so that a run can be looked at, and a task be
trained in one process, on a machine that has none.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from pilqr_ros import bag_commands
from pilqr_ros import console as show
from pilqr_ros.deploying import WhichPolicy, deploy
from pilqr_ros.errors import PilqrError
from pilqr_ros.learning.curves import plot_learning_curve
from pilqr_ros.learning.errors import RunError, TrainingStopped
from pilqr_ros.learning.policy_card import write_card
from pilqr_ros.learning.policy_evaluation import EvaluationConfig
from pilqr_ros.learning.policy_tests import named_test
from pilqr_ros.learning.run_store import TASK_FILE, RunConfig, RunStore, find_runs, open_run
from pilqr_ros.learning.success_curve import plot_success_curve
from pilqr_ros.learning.training import check_config, default_conditions
from pilqr_ros.learning.video import film_evaluation
from pilqr_ros.sessions import Session, Where, open_session, require_ros
from pilqr_ros.simulation.errors import RenderError
from pilqr_ros.tasks import Task, load_task

app = typer.Typer(
    help="PILQR on ROS 2: teach a torque-controlled arm a contact-rich skill.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(deploy)

app.add_typer(bag_commands.app, name="bag")

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

TaskName = Annotated[str, typer.Argument(help="A task's name, or the path of a task file.")]
RunPath = Annotated[Path, typer.Argument(help="A run's directory.", exists=True, file_okay=False)]
Runs = Annotated[Path, typer.Option(help="Where runs are kept.", envvar="PILQR_RUNS")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random.")]
Method = Annotated[
    str | None,
    typer.Option(help="pilqr (by default), lqr-flm, pi2; mdgps- before it: one neural policy."),
]
Iterations = Annotated[
    int | None, typer.Option(min=1, help="Policy updates; the task file's by default.")
]
Rollouts = Annotated[
    int | None,
    typer.Option(min=2, help="Rollouts of each update and condition; the task file's by default."),
]
Conditions = Annotated[
    str | None,
    typer.Option(help="Names of conditions separated by commas; the task file's by default."),
]
Record = Annotated[bool, typer.Option(help="Record what the nodes say in a bag.")]
InProcess = Annotated[bool, typer.Option("--in-process", help="Without ROS, in this process.")]
Attach = Annotated[bool, typer.Option("--attach", help="Use nodes that are already running.")]
Namespace = Annotated[str, typer.Option(help="Namespace of all nodes.")]
Pace = Annotated[
    float, typer.Option(min=0.0, max=10.0, help="1: real time; 0: as fast as the graph goes.")
]
RobotFile = Annotated[
    str, typer.Option("--robot-config", help="A robot's name, or the path of its file.")
]
Discovery = Annotated[
    str,
    typer.Option(help="Whose nodes are found: localhost, subnet, or auto (the environment's)."),
]


@app.command()
def up(
    task: TaskName = "hockey",
    runs: Runs = Path("runs"),
    real_time_factor: Pace = 0.0,
    viewer: Annotated[bool, typer.Option(help="Show the simulated world in a window.")] = False,
    record: Record = True,
    namespace: Namespace = "",
    log_level: Annotated[str, typer.Option(help="debug, info, warn, error or fatal.")] = "info",
    respawn: Annotated[bool, typer.Option(help="Start a node again that died.")] = True,
    hardware: Annotated[bool, typer.Option(help="For a real robot: no simulated one.")] = False,
    robot_config: RobotFile = "",
    discovery: Discovery = "auto",
) -> None:
    """Start every node of a task; Ctrl-C ends them."""
    require_ros()
    from pilqr_ros.nodes.graph import GraphOptions, run_graph

    options = GraphOptions(
        task=task,
        runs_directory=str(runs.resolve()),
        real_time_factor=real_time_factor,
        viewer=viewer,
        record=record,
        namespace=namespace,
        log_level=log_level,
        respawn=respawn,
        hardware=hardware,
        robot_config=robot_config,
        discovery=discovery,
    )
    raise typer.Exit(run_graph(options))


@app.command()
def robot(
    task: TaskName,
    robot_config: RobotFile,
    viewer: Annotated[bool, typer.Option(help="Show the simulated world in a window.")] = False,
    namespace: Namespace = "",
    discovery: Discovery = "auto",
) -> None:
    """Play a robot in simulation, in real time and under its own names, to try `up --hardware`."""
    require_ros()
    from pilqr_ros.nodes.graph import SIMULATED_ROBOT, GraphOptions, run_graph

    options = GraphOptions(
        task=task,
        real_time_factor=1.0,
        viewer=viewer,
        namespace=namespace,
        robot_config=robot_config,
        discovery=discovery,
    )
    raise typer.Exit(run_graph(options, SIMULATED_ROBOT, "robot"))


@app.command()
def guard(
    deed: Annotated[str, typer.Argument(help="enable, disable, stop or reset.")],
    namespace: Namespace = "",
) -> None:
    """Let torques pass, or not: enable, disable, stop (emergency stop), reset (after a stop)."""
    require_ros()
    from pilqr_ros.nodes.clients.guard_client import switch_guard

    switch_guard(deed, namespace)


@app.command()
def confirm(namespace: Namespace = "") -> None:
    """Tell a reset that waits for a hand that everything is in place."""
    require_ros()
    from pilqr_ros.nodes.clients.operator import confirm_reset

    answer = confirm_reset(namespace)
    print(answer.message)
    raise typer.Exit(0 if answer.accepted else 1)


@app.command()
def doctor(
    task: TaskName = "hockey",
    robot_config: RobotFile = "",
    seconds: Annotated[float, typer.Option(min=1.0, help="How long is listened.")] = 3.0,
    namespace: Namespace = "",
    discovery: Discovery = "auto",
) -> None:
    """Check a running graph before the first torque; exit code 1 if something must be mended."""
    require_ros()
    from pilqr_ros.nodes.doctor.examination import is_fit
    from pilqr_ros.nodes.doctor.visit import visit
    from pilqr_ros.nodes.graph.discovery import limit_discovery

    limit_discovery(discovery)
    with show.console.status("looking at the graph"):
        findings = visit(task, robot_config, namespace, seconds)
    show.show_findings(findings)
    raise typer.Exit(0 if is_fit(findings) else 1)


@app.command()
def train(
    task: Annotated[
        str | None, typer.Argument(help="A task's name, or the path of its file; else hockey.")
    ] = None,
    method: Method = None,
    iterations: Iterations = None,
    rollouts: Rollouts = None,
    conditions: Conditions = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of everything random; else 0.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Continue this run.", exists=True, file_okay=False)
    ] = None,
    runs: Runs = Path("runs"),
    evaluation: Annotated[
        int, typer.Option(min=0, help="Rollouts that evaluate the final policy; 0: none.")
    ] = 20,
    video: Annotated[bool, typer.Option(help="Film the learned policy.")] = True,
    real_time_factor: Pace = 0.0,
    record: Record = True,
    namespace: Namespace = "",
    in_process: InProcess = False,
    attach: Attach = False,
    robot_config: RobotFile = "",
    discovery: Discovery = "auto",
) -> None:
    """Train the policies of a task, evaluate them, and leave curve, video and data in the run."""
    if resume is None:
        task = "hockey" if task is None else task
        config = _new_config(task, method, iterations, rollouts, seed, conditions)
    else:
        asked = {"method": method, "iterations": iterations, "rollouts": rollouts, "seed": seed}
        task, config = _resumed(resume, task, conditions, asked)
    where = Where(real_time_factor, record, namespace, in_process, attach, robot_config, discovery)
    with open_session(task, runs, where) as work:
        with show.TrainingBar(f"{config.task} {config.method}") as bar:
            directory = work.train(config, resume, bar.update)
        store = open_run(directory)
        show.show_iterations(store)
        if evaluation > 0:
            for planned in _final_evaluations(store, evaluation):
                _evaluate(work, store, planned)
    show.console.print(f"card: {write_card(store)}", soft_wrap=True)
    _draw(store, video=video and evaluation > 0)
    show.console.print(f"run: {directory}", soft_wrap=True)


@app.command()
def evaluate(
    run: RunPath,
    rollouts: Annotated[int, typer.Option(min=1, help="Rollouts of each condition.")] = 20,
    conditions: Annotated[
        str | None, typer.Option(help="Names of conditions separated by commas; else all trained.")
    ] = None,
    iteration: Annotated[int, typer.Option(min=-1, help="Whose policies; -1: the last.")] = -1,
    explore: Annotated[bool, typer.Option(help="With the policy's own noise.")] = False,
    seed: Seed = 0,
    policy: WhichPolicy = "best",
    test: Annotated[
        str | None, typer.Option(help="A test of the task file: its conditions and rollouts.")
    ] = None,
    real_time_factor: Pace = 0.0,
    record: Record = True,
    namespace: Namespace = "",
    in_process: InProcess = False,
    attach: Attach = False,
    robot_config: RobotFile = "",
    discovery: Discovery = "auto",
) -> None:
    """Execute the policies of a run and count successes."""
    store = open_run(run)
    chosen = () if conditions is None else _indices(store.task, conditions)
    if test is not None:
        named = named_test(store.task, test)
        chosen, rollouts = named.conditions, named.rollouts
    config = EvaluationConfig(iteration, rollouts, explore, seed, chosen, policy)
    task, runs = str(run / TASK_FILE), run.parent
    where = Where(real_time_factor, record, namespace, in_process, attach, robot_config, discovery)
    with open_session(task, runs, where) as work:
        _evaluate(work, store, config)
    show.console.print(f"card: {write_card(store)}", soft_wrap=True)


@app.command()
def plot(
    run: RunPath,
    video: Annotated[bool, typer.Option(help="Film the last evaluation, too.")] = False,
) -> None:
    """Draw the learning curve of a run."""
    _draw(open_run(run), video=video)


@app.command()
def runs(
    directory: Annotated[
        Path, typer.Argument(help="Where runs are kept.", envvar="PILQR_RUNS")
    ] = Path("runs"),
) -> None:
    """List the runs and how far they are."""
    stores = []
    for path in find_runs(directory):
        try:
            stores.append(open_run(path))
        except PilqrError as error:
            show.warn(f"{path} is left out: {error}")
    show.show_runs(directory, stores)


@app.command()
def experiment(
    task: TaskName = "hockey",
    methods: Annotated[
        str, typer.Option(help="Methods separated by blanks; settings after @, as pilqr@paper.")
    ] = "pilqr lqr-flm pi2",
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 10,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    iterations: Iterations = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one a core by default.")
    ] = None,
    directory: Annotated[Path, typer.Option(help="Where its runs are kept.")] = Path(
        "runs/experiments"
    ),
) -> None:
    """Compare methods over seeds without ROS; a second call continues where the first ended."""
    from pilqr_ros.experiments import comparison, figures

    jobs = comparison.plan(
        task, methods.split(), range(first_seed, first_seed + seeds), directory, iterations
    )
    with show.counting_bar(f"{task}: {len(jobs)} runs", len(jobs)) as advance:

        def done(job: comparison.Job, problem: str) -> None:
            advance()
            if problem:
                show.warn(f"{job.variant}, seed {job.seed}: {problem}")

        comparison.run_jobs(jobs, workers, done)
    show.show_comparison(jobs, comparison.results(jobs))
    for metric in figures.METRICS:
        picture = figures.draw_comparison(
            jobs, metric, jobs[0].directory.parents[1] / f"{metric}.png"
        )
        show.console.print(f"figure: {picture}", soft_wrap=True)


def main() -> None:
    """Run the command; a problem is one line on stderr and a non-zero exit code."""
    try:
        app(standalone_mode=True)
    except (PilqrError, OSError) as error:
        show.errors.print(
            "[bold red]pilqr:[/]", escape(str(error)), soft_wrap=True, highlight=False
        )
        sys.exit(INTERRUPTED if isinstance(error, TrainingStopped) else 1)


def _new_config(
    task: str,
    method: str | None,
    iterations: int | None,
    rollouts: int | None,
    seed: int | None,
    conditions: str | None,
) -> RunConfig:
    """Return what a new run is to do; the task file tells what is not asked for."""
    loaded = load_task(task)
    method = "pilqr" if method is None else method
    usual = default_conditions(loaded, method)
    config = RunConfig(
        task=loaded.name,
        method=method,
        iterations=loaded.learning.iterations if iterations is None else iterations,
        rollouts=loaded.learning.rollouts if rollouts is None else rollouts,
        seed=0 if seed is None else seed,
        conditions=usual if conditions is None else _indices(loaded, conditions),
    )
    check_config(config, loaded)
    return config


def _indices(task: Task, names: str) -> tuple[int, ...]:
    """Return the indices of conditions that are named, separated by commas."""
    return task.condition_indices([name.strip() for name in names.split(",")])


def _resumed(
    run: Path, task: str | None, conditions: str | None, asked: Mapping[str, Any]
) -> tuple[str, RunConfig]:
    """Return the path of a run's own task file and what the run was asked to do.

    Raises:
        RunError: Something else is asked for than when the run was begun.
    """
    store = open_run(run)
    check_config(store.config, store.task)
    wanted = {
        **asked,
        "task": None if task is None else load_task(task).name,
        "conditions": None if conditions is None else _indices(store.task, conditions),
    }
    for name, value in wanted.items():
        begun = getattr(store.config, name)
        if value not in (None, begun):
            raise RunError(f"{name} is {value!r}, but the run to resume has {begun!r}")
    return str(run / TASK_FILE), store.config


def _final_evaluations(store: RunStore, rollouts: int) -> list[EvaluationConfig]:
    """Return how a finished run is evaluated: where there are tests of a global policy, by them."""
    seed, guided = store.config.seed, store.task.guided
    if not store.config.guided or guided is None or not guided.tests:
        return [EvaluationConfig(rollouts=rollouts, seed=seed)]
    return [
        EvaluationConfig(rollouts=test.rollouts, seed=seed, conditions=test.conditions)
        for test in guided.tests.values()
    ]


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
        with show.console.status("filming"):
            path = film_evaluation(store)
        show.console.print(f"video: {path}", soft_wrap=True)
    except RenderError as error:
        show.warn(f"no video: {error}")


if __name__ == "__main__":
    main()
