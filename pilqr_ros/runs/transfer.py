"""Beginning a run with the policies of another one, which was trained on another arm or world.

What is taken is copied, so that the new run needs the other one never again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pilqr_ros.runs.errors import RunConfigError, RunError
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.origin_files import Taken, origin_name, packed
from pilqr_ros.runs.rollout_batch import batch_of
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import RunStore, create_run, open_run
from pilqr_ros.runs.same_run import some_of, structure_differences
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.batch import Batch


def begin_run(runs: Path, task: Task, config: RunConfig) -> RunStore:
    """Create a new run, with what it takes from another one if it does.

    Args:
        runs: Parent of all runs.
        task: The task; its file and its models are copied into the run.
        config: What the run is asked to do.

    Raises:
        RunConfigError: The other run's policies are none of this task's; the message says why.
        RunError: It is not a run, or damaged.
    """
    if config.origin is None:
        return create_run(runs, task, config)
    source = _fitting(config.origin, task, config.conditions)
    last = _iteration(config.origin, source)
    origin = replace(config.origin, run=str(source.directory.absolute()), iteration=last)
    files = {
        origin_name(condition): packed(_take(source, origin, _same(task, condition, source)))
        for condition in config.conditions
    }
    return create_run(runs, task, replace(config, origin=origin), files)


def check_origin(config: RunConfig, task: Task) -> None:
    """Check that a run can start from the one that it is to start from (errors as `begin_run`)."""
    if config.origin is not None:
        _fitting(config.origin, task, config.conditions)


def _fitting(origin: Origin, task: Task, conditions: Sequence[int]) -> RunStore:
    """Open the run that one of a task in some conditions is to start from."""
    source = open_run(Path(origin.run))
    found = structure_differences(task, source)
    if found:
        raise _misfit(task, source, f"its policies are of another kind: {some_of(found)}")
    for condition in conditions:
        _same(task, condition, source)
    _iteration(origin, source)
    return source


def _iteration(origin: Origin, source: RunStore) -> int:
    """Return after how many iterations the policies are taken, of those that are finished."""
    last = source.iterations_finished
    if last == 0:
        raise RunConfigError(f"{source.directory} has no finished iteration: nothing was learned")
    if not -1 <= origin.iteration <= last:
        wanted = origin.iteration
        raise RunConfigError(
            f"iteration is {wanted}, but {source.directory} has policies of -1 (the last) to {last}"
        )
    return last if origin.iteration == -1 else origin.iteration


def _same(task: Task, condition: int, source: RunStore) -> int:
    """Return the index, in the other run, of the condition of the same name."""
    name = task.conditions[condition].name
    trained = {source.task.conditions[index].name: index for index in source.config.conditions}
    if name not in trained:
        problem = f"it has no policy of condition {name!r}, but of {', '.join(trained)}"
        raise _misfit(task, source, problem)
    return trained[name]


def _misfit(task: Task, source: RunStore, problem: str) -> RunConfigError:
    return RunConfigError(f"{task.name} cannot start from {source.directory}: {problem}")


def _take(source: RunStore, origin: Origin, condition: int) -> Taken:
    """Return a policy and the samples of the iterations up to its own, as far as they are there."""
    last = min(origin.iteration, source.iterations_finished - 1)
    first = max(0, last + 1 - origin.prior_iterations)
    found = [_batch(source, iteration, condition) for iteration in range(first, last + 1)]
    policy, _ = source.policy(origin.iteration, condition)
    shape = (source.task.T, source.task.dU, source.task.dX)
    if policy.K.shape != shape:
        where = source.condition_directory(origin.iteration, condition)
        raise RunError(f"{where}: K has shape {policy.K.shape}, expected {shape}")
    return Taken(policy, tuple(batch for batch in found if batch is not None))


def _batch(source: RunStore, iteration: int, condition: int) -> Batch | None:
    """Return the samples of an iteration; None if one was deleted."""
    executed = []
    for sample in range(source.config.rollouts):
        place = (iteration, condition, sample)
        rollout, cost = source.rollout(*place), source.cost(*place)
        if rollout is None or cost is None:
            return None
        executed.append((rollout, cost))
    return batch_of(executed)
