"""Doing a training again from its bag: the same rollouts, costs and updates, without any robot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pilqr_ros.learning.errors import CollectorError
from pilqr_ros.learning.progress import TrainingProgress
from pilqr_ros.learning.sampling import MAX_ATTEMPTS
from pilqr_ros.learning.training import Trainer
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.recorded_run import RecordedRun
from pilqr_ros.robot.execution.policy_execution import check_policy, exploration_noise
from pilqr_ros.robot.execution.policy_runner import limitation
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_store import RunStore, create_run
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.policy import Policy

TOLERANCE = 1e-6
"""How far commanded torques may be from those of the policy at hand, relative and [N m]: another
machine's arithmetic differs by less, another policy by more."""


class RolloutMissing(CollectorError):
    """A rollout is asked for that was not recorded."""


class Redone(NamedTuple):
    """A training that was done again.

    Attributes:
        store: The new run.
        ended: Why it ends before the training's own end: so does the bag. Empty if it does not.
    """

    store: RunStore
    ended: str


@dataclass(frozen=True)
class RecordedCollector:
    """Answers with recorded rollouts instead of executing policies.

    Attributes:
        task: The task.
        rollouts: By condition and seed; of several with the same, the one that counted.
        asked: Condition and seed of all that were asked for.
    """

    task: Task
    rollouts: dict[tuple[int, int], Rollout]
    asked: set[tuple[int, int]] = field(default_factory=set)

    def collect(
        self, policy: Policy, condition: int, seed: int, explore: bool, jitter: bool
    ) -> Rollout:
        """Return the rollout that was recorded for a condition and a seed.

        Raises:
            RolloutMissing: There is none.
            CollectorError: It is one of another policy or noise, or it counted though it was
                limited more than the task allows.
            PolicyError: The policy cannot be executed.
        """
        check_policy(policy, self.task)
        self.asked.add((condition, seed))
        rollout = self.rollouts.get((condition, seed))
        if rollout is None:
            wanted = f"seed {seed} in condition {condition}"
            raise RolloutMissing(f"the bag has no rollout with {wanted}")
        if rollout.valid:
            self._check(rollout, policy, exploration_noise(self.task, seed, explore))
        return rollout

    def _check(self, rollout: Rollout, policy: Policy, noise: np.ndarray) -> None:
        """Raise unless a rollout is what is to be expected of this policy and noise."""
        shape = (self.task.T, self.task.dX)
        if rollout.states.shape != shape:
            raise _misfit(rollout, f"states have shape {rollout.states.shape}, expected {shape}")
        limited = limitation(rollout.interventions, self.task.guard().max_fraction_limited)
        if limited:
            raise _misfit(rollout, limited)
        _compare(rollout, "noise", noise)
        _compare(rollout, "commanded", _commanded(policy, rollout))


def redo(
    recorded: RecordedRun,
    runs: Path,
    on_progress: Callable[[TrainingProgress], None] = lambda progress: None,
) -> Redone:
    """Do a training again from its bag, as a new run, as far as it was recorded.

    Args:
        recorded: The training.
        runs: Parent of all runs.
        on_progress: Called after each rollout.

    Raises:
        BagError: The bag has no rollout of the training.
        CollectorError: The bag lacks a rollout before others or has one that does not fit.
        TrainingError: An update failed.
    """
    old = recorded.store
    trained = {
        (one.rollout.condition, one.rollout.seed)
        for one in recorded.rollouts
        if one.place is not None
    }
    if not trained:
        raise _nothing_trained(len(recorded.rollouts))
    store = create_run(runs, old.task, old.config, recorded.origin_files)
    # A rollout that was executed again was not used the first time: the last one counts.
    executed = [one.rollout for one in recorded.rollouts]
    rollouts = {(rollout.condition, rollout.seed): rollout for rollout in executed}
    collector, evaluator = RecordedCollector(old.task, rollouts), TaskCostEvaluator(old.task)
    try:
        Trainer(store, collector, evaluator, on_progress=on_progress).run()
    except RolloutMissing as error:
        if trained - collector.asked:
            raise _unlike(error, recorded, store) from error
        return Redone(store, _end_of(store))
    except CollectorError as error:
        raise _unlike(error, recorded, store) from error
    return Redone(store, "")


def _unlike(error: CollectorError, recorded: RecordedRun, store: RunStore) -> CollectorError:
    """Return the error of a bag that is not what this version would record, and how far it was."""
    older = (
        ": it is of an earlier version, which executed an iteration's rollout without noise last"
    )
    done, asked = store.iterations_finished, store.config.iterations
    return CollectorError(
        f"{error}{older if _noise_free_last(recorded) else ''}; {done} of {asked} iterations were "
        f"done again, in {store.directory}"
    )


def _noise_free_last(recorded: RecordedRun) -> bool:
    """Tell whether some policy was executed with noise before it was without; now it is after."""
    noisy: set[tuple[int, int, int]] = set()
    for rollout, place in ((one.rollout, one.place) for one in recorded.rollouts):
        if place is None:
            continue
        policy = place.iteration, place.condition, place.attempt // MAX_ATTEMPTS
        if rollout.noise.any():
            noisy.add(policy)
        elif rollout.valid and policy in noisy:
            return True
    return False


def _nothing_trained(others: int) -> BagError:
    what = f"{others} rollouts, all of them of evaluations" if others else "no rollout at all"
    return BagError(
        f"the bag holds {what}: there is no training to do again; `pilqr bag list` shows what it "
        "holds, and `pilqr bag export` writes it as arrays"
    )


def _end_of(store: RunStore) -> str:
    """Return how far a training could be done again whose bag ends before it."""
    done, asked = store.iterations_finished, store.config.iterations
    if done < asked:
        return f"the bag ends within iteration {done + 1} of {asked}: so does the run"
    return (
        "the bag holds no rollout of the last policy, as those of older versions do not: what it "
        "costs is not known, and all iterations are there"
    )


def _compare(rollout: Rollout, name: str, expected: np.ndarray) -> None:
    """Raise unless an array of a rollout is as expected."""
    found = getattr(rollout, name)
    if found.shape != expected.shape:
        raise _misfit(rollout, f"{name} has shape {found.shape}, expected {expected.shape}")
    if not np.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE):
        raise _misfit(rollout, f"{name} is off by up to {np.abs(found - expected).max():.3g}")


def _misfit(rollout: Rollout, problem: str) -> CollectorError:
    """Return the error that a rollout is not of the policy at hand."""
    return CollectorError(f"the bag's rollout with seed {rollout.seed} does not fit: {problem}")


def _commanded(policy: Policy, rollout: Rollout) -> np.ndarray:
    """Return the torques that a policy asks for in a whole rollout's states [N m], ``(T, dU)``."""
    steps = enumerate(zip(rollout.states, rollout.noise, strict=True))
    return np.array([policy.act(t, x, xi) for t, (x, xi) in steps])
