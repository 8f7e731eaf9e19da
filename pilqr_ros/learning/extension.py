"""A run that goes on past its last iteration, with the numbers of one that was asked for more.

Noise, seeds and steps are functions of what was sampled and of where a rollout stands, not of how
many iterations there are in all; so the first n iterations of a longer run are a shorter one. What
does count in shares of a run's iterations (`annealing.rule: calendar`, and a reference of guided
policy search that moves) would have been another from the first of them on: such a run is refused.

At its end a run executes its last policies once, without noise. These rollouts are set aside: the
first rollouts of the iteration that now begins with those policies have noise. One that was refused
there went half-way back; that is set aside, too, and it begins again as the update left it.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

from pilqr_ros.guided.reference import coupling, shared
from pilqr_ros.learning.stop_rule import Standings
from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.file_names import DESCRIPTION_FILE
from pilqr_ros.runs.rollout_files import move_rollouts
from pilqr_ros.runs.run_config import check_config, plan_of
from pilqr_ros.runs.run_description import read_config, read_description
from pilqr_ros.runs.run_lock import only_training
from pilqr_ros.runs.run_store import RunStore

TRIED, POLICY = "tried", "policy.npz"
"""Folder of what came of trying the last policies, in those of iteration and condition."""

EXTENDED = "extended_from"
"""What ``run.json`` calls the numbers of iterations that a run was asked for before."""


def prolonged(store: RunStore, iterations: int | None) -> RunStore:
    """Return a run as one of more iterations; nothing is written yet.

    Args:
        store: The run.
        iterations: How many in all; None or no more than it has for as it is.

    Raises:
        RunError: Those that are done would have been others; the message says why.
        RunConfigError: No run has so many.
    """
    if iterations is None or iterations <= store.config.iterations:
        return store
    reason = _reason_against(store, iterations)
    if reason:
        raise RunError(
            f"{store.directory} has {store.config.iterations} iterations and cannot be given "
            f"{iterations}: {reason}; begin another one (train --from takes this one's policies)"
        )
    config = replace(store.config, iterations=iterations)
    check_config(config, store.task)
    return RunStore(store.directory, store.task, config)


def keep_prolonged(store: RunStore) -> None:
    """Write down that a run has more iterations than before, if it has.

    Raises:
        RunError: Another process is training it, or it cannot be written.
    """
    path = store.directory / DESCRIPTION_FILE
    description = read_description(store.directory)
    before = read_config(description, path).iterations
    if before >= store.config.iterations:
        return
    with only_training(store.directory):
        for condition in store.config.conditions:
            _set_aside(store, before, condition)
        changes = {
            "iterations": store.config.iterations,
            EXTENDED: [*description.get(EXTENDED, []), before],
        }
        atomic.write_json(path, {**description, **changes})


def _reason_against(store: RunStore, iterations: int) -> str:
    """Tell why a run cannot have more iterations; empty if it can."""
    task, config = store.task, store.config
    annealing = plan_of(task, config.method).settings.annealing
    if annealing.rule == "calendar" and annealing.share > 0.0:
        return (
            f"annealing.rule is calendar, which shrinks the noise over the last "
            f"{annealing.share:.0%} of a run's iterations"
        )
    plan = task.global_plan
    if config.guided and plan is not None and plan.settings.sample_from != "global":
        for iteration in range(store.iterations_finished):
            for key, value in (("ramp", coupling), ("branching", shared)):
                had = value(plan.settings, iteration, config.iterations)
                if had != value(plan.settings, iteration, iterations):
                    return f"mdgps.coupling.{key} is a share of a run's iterations"
    if config.guided or not task.learning.until_converged:
        return ""
    done = store.iterations_finished
    if Standings.of(store.reports()).converged(done, config.conditions):
        return f"it has converged after {done}, and learning.until_converged ends it there"
    return ""


def _set_aside(store: RunStore, iteration: int, condition: int) -> None:
    """Undo the trial of a last policy: its rollouts, and the steps back that they led to."""
    directory = store.condition_directory(iteration, condition)
    refused = sorted(directory.glob("refused_*"))
    if not refused and not any(directory.glob("rollout_*.npz")):
        return
    aside = directory / TRIED
    if aside.exists():  # an extension that was interrupted, of the same trial
        shutil.rmtree(aside)
    aside.mkdir()
    if refused:
        updated = store.refused_policy(iteration, condition, 0)
        atomic.write_arrays(aside / POLICY, atomic.read_arrays(directory / POLICY))
        store.save_policy(iteration, condition, *updated)
    move_rollouts(directory, aside)
    for folder in reversed(refused):  # the first one last: with it the step back would be completed
        folder.replace(aside / folder.name)
