"""Methods by seeds: train and evaluate each, in parallel over the cores, resumable.

Every run is an ordinary run on disk under ``<directory>/<task>/<variant>/seed_<n>``; one that is
finished is not done again, one that was interrupted continues.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pilqr_ros.errors import PilqrError
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator, summarise
from pilqr_ros.experiments.generalisation import curves_over_tests
from pilqr_ros.experiments.variants import parse_variant
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_lock import held
from pilqr_ros.runs.file_names import DESCRIPTION_FILE, TASK_FILE
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_description import digests, read_description
from pilqr_ros.runs.run_folder import open_folder
from pilqr_ros.runs.run_store import RunStore, create_run_in, open_run
from pilqr_ros.runs.same_run import check_same, check_settings, check_versions
from pilqr_ros.sweeps.executor import Executor
from pilqr_ros.sweeps.sweep import sweep
from pilqr_ros.tasks import Task, load_task
from pilqr_ros.tasks.config_files import task_from_anywhere

EVALUATION_ROLLOUTS = 20

RESULT = "result.json"
"""What a run came to; it is written once, when all else is on disk."""


@dataclass(frozen=True)
class ComparedRun:
    """One run of a comparison.

    Attributes:
        task: A task's name or the path of its file.
        variant: A method, with or without changes of its settings.
        seed: Seed of the run.
        directory: Directory of the run.
        conditions: Indices of conditions; empty for all.
        iterations: Number of updates; None for the task file's.
    """

    task: str
    variant: str
    seed: int
    directory: Path
    conditions: tuple[int, ...] = ()
    iterations: int | None = None


def plan(
    task: str,
    variants: Sequence[str],
    seeds: Sequence[int],
    directory: Path,
    iterations: int | None = None,
) -> list[ComparedRun]:
    """Return the jobs of a comparison, those of one seed beside each other.

    Raises:
        VariantError: A method or a preset does not exist.
        TaskError: The task or a changed setting does not exist or is not valid.
    """
    loaded = load_task(task)
    for variant in variants:
        parse_variant(variant).apply(loaded)
    root, task = directory.absolute() / loaded.name, task_from_anywhere(task)
    return [
        ComparedRun(task, variant, seed, root / variant / f"seed_{seed}", iterations=iterations)
        for seed in seeds
        for variant in dict.fromkeys(variants)
    ]


def check_runs(jobs: Sequence[ComparedRun]) -> None:
    """Refuse a comparison with runs that were begun otherwise than it asks for.

    Where some are still to be done, those that are done may not be of other defaults than these
    will be: seeds of one method would be of two.

    Raises:
        RunError: One was; the message names it and what differs.
    """
    known: set[Hashable] = set()
    all_done = all(map(_is_done, jobs))
    for job in jobs:
        if (job.directory / DESCRIPTION_FILE).exists():
            begun = (job.task, job.variant, job.conditions, job.iterations, _begun_as(job))
            if begun not in known:  # else its task would be built to find nothing new
                store = _open_or_create(job)
                if not all_done:
                    check_settings(store)
            known.add(begun)


def _begun_as(job: ComparedRun) -> Hashable:
    """Return what a run was begun as, but for its seed, by the content of its files."""
    config = open_folder(job.directory).config
    files = [job.directory / TASK_FILE, *sorted((job.directory / "models").rglob("*"))]
    contents = {
        path.relative_to(job.directory).as_posix(): atomic.read_bytes(path)
        for path in files
        if path.is_file()
    }
    seed = config.seed == job.seed
    settings = repr(read_description(job.directory).get("settings"))
    return repr(replace(config, seed=0)), seed, tuple(sorted(digests(contents).items())), settings


def run_jobs(
    jobs: Sequence[ComparedRun],
    executor: Executor,
    on_done: Callable[[ComparedRun, str], None] = lambda job, problem: None,
) -> None:
    """Do all jobs; one that fails is reported and does not end the others.

    Args:
        jobs: What to do; those that are done are not handed out again.
        executor: Does them.
        on_done: Called with each finished job and what went wrong, or an empty string.

    Raises:
        SweepError: A result is not where it should be.
    """
    left: list[ComparedRun] = []
    for job in jobs:
        if _is_done(job):
            on_done(job, "")
        else:
            left.append(job)
    sweep(executor, run_job, left, _result, on_done)


def _result(job: ComparedRun) -> Path:
    return job.directory / RESULT


def _is_done(job: ComparedRun) -> bool:
    return _result(job).exists()


def run_job(job: ComparedRun) -> None:
    """Train one run to its end and evaluate its last policies with and without their noise.

    Networks are also tried in the task's tests, those of earlier iterations, too.

    Raises:
        PilqrError: The run failed, the reason is also in its ``failure.json``; or another process
            is at it.
    """
    job.directory.mkdir(parents=True, exist_ok=True)
    refusal = RunError(f"{job.directory} is being run by another process: wait for it, or end it")
    with held(job.directory / "job.lock", refusal):
        store = _open_or_create(job)
        if not _is_done(job):
            _check_libraries(store)
            _finish(job, store)


def _finish(job: ComparedRun, store: RunStore) -> None:
    """Do what is left of a run, and store its result."""
    collector, evaluator = InProcessCollector(store.task), TaskCostEvaluator(store.task)
    try:
        Trainer(store, collector, evaluator).run()
        evaluation = PolicyEvaluator(store, collector, evaluator)
        result = {
            name: _by_condition(evaluation, store, explore)
            for name, explore in (("noise_free", False), ("noisy", True))
        }
        result["tests"] = curves_over_tests(store, evaluation)
    except PilqrError as error:
        atomic.write_json(job.directory / "failure.json", {"error": str(error)})
        raise
    atomic.write_json(_result(job), result)
    (job.directory / "failure.json").unlink(missing_ok=True)


def results(jobs: Sequence[ComparedRun]) -> dict[ComparedRun, dict[str, Any]]:
    """Return the results of the jobs that are done."""
    return {job: atomic.read_json(_result(job)) for job in jobs if _is_done(job)}


def _by_condition(evaluation: PolicyEvaluator, store: RunStore, explore: bool) -> dict[str, Any]:
    config = EvaluationConfig(rollouts=EVALUATION_ROLLOUTS, explore=explore, seed=store.config.seed)
    evaluated = evaluation.run(config)
    return {
        store.task.conditions[condition].name: summarise(
            [one for one in evaluated if one.rollout.condition == condition]
        )
        for condition in store.config.conditions
    }


def _open_or_create(job: ComparedRun) -> RunStore:
    """Return the run of a job; one that was begun must be what the job asks for now."""
    task, config = _wanted(job)
    if not (job.directory / DESCRIPTION_FILE).exists():
        return create_run_in(job.directory, task, config)
    store = open_run(job.directory)
    check_same(store, vars(config), task)
    return store


def _check_libraries(store: RunStore) -> None:
    """Refuse to continue a run with other libraries: what is compared shall differ in its methods.

    Raises:
        RunError: A version differs; the message names it.
    """
    changed = check_versions(store)
    if changed:
        raise RunError(f"{store.directory} cannot be continued: {'; '.join(changed)}")


def _wanted(job: ComparedRun) -> tuple[Task, RunConfig]:
    """Return the task of a job's variant and what its run is to do."""
    variant = parse_variant(job.variant)
    task = variant.apply(load_task(job.task))
    config = RunConfig.for_task(
        task,
        variant.method,
        seed=job.seed,
        iterations=job.iterations,
        conditions=job.conditions,
    )
    return task, config
