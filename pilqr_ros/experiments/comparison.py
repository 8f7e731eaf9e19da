"""Methods by seeds: train and evaluate each, in parallel over the cores, resumable.

Every run is an ordinary run on disk under ``<directory>/<task>/<variant>/seed_<n>``; one that is
finished is not done again, one that was interrupted continues.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
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
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import RunStore, create_run_in, open_run
from pilqr_ros.runs.same_run import check_same, check_versions
from pilqr_ros.tasks import Task, load_task

EVALUATION_ROLLOUTS = 20


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
    root = directory / loaded.name
    return [
        ComparedRun(task, variant, seed, root / variant / f"seed_{seed}", iterations=iterations)
        for seed in seeds
        for variant in dict.fromkeys(variants)
    ]


def check_runs(jobs: Sequence[ComparedRun]) -> None:
    """Refuse a comparison with runs that were begun otherwise than it asks for.

    Raises:
        RunError: One was; the message names it and what differs.
    """
    for job in jobs:
        if (job.directory / "run.json").exists():
            _open_or_create(job)


def run_jobs(
    jobs: Sequence[ComparedRun],
    workers: int | None = None,
    on_done: Callable[[ComparedRun, str], None] = lambda job, problem: None,
) -> None:
    """Do all jobs; one that fails is reported and does not end the others.

    Args:
        jobs: What to do.
        workers: Number of processes; None for one a core.
        on_done: Called with each finished job and what went wrong, or an empty string.
    """
    context = multiprocessing.get_context("spawn")
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    with ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_parent) as pool:
        futures = {pool.submit(_attempt, job): job for job in jobs}
        try:
            for future in as_completed(futures):
                on_done(futures[future], future.result())
        except BaseException:  # Ctrl-C or SIGTERM: what is stored is kept, and nothing else begun
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _end_with_parent() -> None:
    """Let a worker end when the process that started it has ended, even if that was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _attempt(job: ComparedRun) -> str:
    """Do a job and return what went wrong, as text: not every error can cross processes."""
    try:
        run_job(job)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def run_job(job: ComparedRun) -> None:
    """Train one run to its end and evaluate its last policies with and without their noise.

    Networks are also tried in the task's tests, those of earlier iterations, too.

    Raises:
        PilqrError: The run failed; the reason is also in its ``failure.json``.
    """
    store = _open_or_create(job)
    if (job.directory / "result.json").exists():
        return
    _check_libraries(store)
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
    atomic.write_json(job.directory / "result.json", result)
    (job.directory / "failure.json").unlink(missing_ok=True)


def results(jobs: Sequence[ComparedRun]) -> dict[ComparedRun, dict[str, Any]]:
    """Return the results of the jobs that are done."""
    paths = {job: job.directory / "result.json" for job in jobs}
    return {job: atomic.read_json(path) for job, path in paths.items() if path.exists()}


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
    if not (job.directory / "run.json").exists():
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
