"""A policy that is refused: training goes half-way back to the one before, and tries again.

An update can step too far: every rollout of the new policy runs into a limit and is ended by the
guard, so that there is nothing to learn from; or the policy is worse than all that was seen of the
one before (see `trial`). That one was executed, so between the two lies one that can be and is no
worse. What is tried after n refusals is

    policy = accepted + 2^-n (updated - accepted),     n = 1 .. MAX_HALVINGS - 1

and at last the accepted policy itself. The multipliers of the next update's KL step shrink by a
quarter each time: the divergence of a step grows with its square, so that is the bound under which
the step would have been as short as the one that is taken. Without it the next update would step to
where it has just been refused. The step rule lets them grow again.

The covariance of a network is halved likewise, and its weights are: the supervised step starts from
the last network's, so the two lie in one basin. All conditions share it and go back with it.

On disk a refused policy and all rollouts of it move into a folder ``refused_<n>``. Its first file
is the policy with the reason; the halved policy, which counts the halvings, is written last.
Whatever lies between can be done again, so a step back that was interrupted is completed later.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pilqr_ros.guided.network import Network, renormalised
from pilqr_ros.learning.errors import PolicyRefused, TrainingError
from pilqr_ros.runs import atomic
from pilqr_ros.runs.array_file import ArrayFile
from pilqr_ros.runs.rollout_files import move_rollouts
from pilqr_ros.runs.run_config import plan_of
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.partial_step import between, factor_between, part_of_step
from pilqr_ros.trajopt.typing import Array

MAX_HALVINGS = 6
"""Refusals of one update's policies; what the last of them leads to is the accepted policy."""

SHRINKING = 0.25
"""Of the multipliers of the KL step, for half a step."""


def halvings(store: RunStore, iteration: int, condition: int) -> int:
    """Return how many policies of an iteration were refused before the one that is there now."""
    path = _policy_path(store, iteration, condition)
    if not path.exists():
        return 0
    file = ArrayFile.read(path)
    return file.integer("halvings") if "halvings" in file.arrays else 0


def reasons(store: RunStore, iteration: int, condition: int) -> list[str]:
    """Return why each of an iteration's refused policies was, in their order."""
    path = _policy_path(store, iteration, condition)
    count = halvings(store, iteration, condition)
    return [ArrayFile.read(_refused(path, n)).text("reason") for n in range(count)]


def can_go_back(iteration: int, halved: int) -> bool:
    """Tell whether something is between the policy before and an iteration's, halved so often."""
    return iteration > 0 and halved < MAX_HALVINGS


def go_back(store: RunStore, iteration: int, condition: int, reason: str) -> None:
    """Set a refused policy and its rollouts aside, and go half-way back to the one before.

    Args:
        store: The run.
        iteration: The iteration whose rollouts failed.
        condition: Index of the condition in which they did.
        reason: Why.

    Raises:
        PolicyRefused: There is nothing to go back to.
    """
    halved = halvings(store, iteration, condition)
    if not can_go_back(iteration, halved):
        raise PolicyRefused(f"{reason}; {_advice(store, iteration)}", condition)
    path = _policy_path(store, iteration, condition)
    refused = _refused(path, halved)
    atomic.write_arrays(refused, {**atomic.read_arrays(path), "reason": reason})
    complete(store, iteration, condition)


def complete(store: RunStore, iteration: int, condition: int) -> None:
    """Complete a step back that was begun; without one, do nothing."""
    count = halvings(store, iteration, condition)
    path = _policy_path(store, iteration, condition)
    if not _refused(path, count).exists():
        return
    if not _samples_network(store, iteration):
        _set_aside(store, iteration, condition, count)
        _halve_policy(store, iteration, condition, count)
        return
    for each in store.config.conditions:
        _set_aside(store, iteration, each, count)
        _shrink_step(store, iteration, each, count)
    _halve_network(store, iteration, count)


def _advice(store: RunStore, iteration: int) -> str:
    origin = store.config.origin
    if iteration == 0 and origin is not None:
        return (
            f"it is the policy of {origin.run}, which this robot cannot execute, and there is none "
            "to go back to: start from one that was trained for fewer iterations "
            "(--from-iteration), with less noise (--noise-scale), or without --from"
        )
    if iteration == 0:
        return (
            "it is the first policy, there is none to go back to: give the task file an "
            "initial_policy (its gains, its torque_std) or limits with which it can be executed"
        )
    return (
        "not even the policy that was accepted before can be executed: look at the robot, its "
        "sensors and its start, and how near to the limits that policy works with its noise "
        f"(what failed is in the folder of iteration {iteration - 1}, too), then resume"
    )


def _samples_network(store: RunStore, iteration: int) -> bool:
    """Tell whether an iteration's rollouts are the global policy's."""
    plan = store.task.global_plan
    if iteration == 0 or not store.config.guided or plan is None:
        return False
    return plan.settings.sample_from == "global"


def _policy_path(store: RunStore, iteration: int, condition: int) -> Path:
    """Return the file of the policy that an iteration's rollouts in a condition come from."""
    if _samples_network(store, iteration):
        return store.iteration_directory(iteration) / "network.npz"
    return store.condition_directory(iteration, condition) / "policy.npz"


def _refused(path: Path, number: int) -> Path:
    """Return where a policy's file lies once it was refused."""
    return path.parent / f"refused_{number}" / path.name


def _set_aside(store: RunStore, iteration: int, condition: int, number: int) -> None:
    """Move the rollouts of a refused policy, valid or not, and keep the policy beside them."""
    directory = store.condition_directory(iteration, condition)
    kept = _refused(directory / "policy.npz", number)
    if not kept.exists():
        atomic.write_arrays(kept, atomic.read_arrays(directory / "policy.npz"))
    move_rollouts(directory, kept.parent)


def _halve_policy(store: RunStore, iteration: int, condition: int, number: int) -> None:
    """Write the policy half-way between a refused one and the accepted one."""
    accepted, _ = store.policy(iteration - 1, condition)
    refused, multiplier = store.refused_policy(iteration, condition, number)
    policy = part_of_step(accepted, refused, _share(number))
    store.save_policy(iteration, condition, policy, _shrunk(store, multiplier), number + 1)


def _shrink_step(store: RunStore, iteration: int, condition: int, number: int) -> None:
    """Shrink the multipliers of a condition whose network was refused."""
    policy, multiplier = store.refused_policy(iteration, condition, number)
    store.save_policy(iteration, condition, policy, _shrunk(store, multiplier), number + 1)


def _halve_network(store: RunStore, iteration: int, number: int) -> None:
    """Write the network half-way between a refused one and the accepted one."""
    accepted, refused = store.network(iteration - 1), store.network(iteration)
    if accepted is None or refused is None:
        raise TrainingError(f"{store.directory} lacks the network before iteration {iteration}")
    network = network_between(accepted, refused, _share(number))
    store.save_network(iteration, network, halvings=number + 1)


def network_between(start: Network, end: Network, share: float) -> Network:
    """Return the network a share of the way from one to another of its sizes, in its weights.

    Args:
        start: The network at share 0, which comes back as it is.
        end: The network at share 1; its inputs are normalised as this one's.
        share: In [0, 1].
    """
    if share == 0.0:
        return start
    first = renormalised(start, end.mean, end.scale)
    weights = zip(first.weights, end.weights, strict=True)
    biases = zip(first.biases, end.biases, strict=True)
    return Network(
        weights=tuple(between(*pair, share) for pair in weights),
        biases=tuple(between(*pair, share) for pair in biases),
        mean=end.mean,
        scale=end.scale,
        L=factor_between(first.L, end.L, share),
    )


def _share(number: int) -> float:
    """Return which part of the step to a refused policy is tried next: half, and at last none."""
    return 0.0 if number + 1 == MAX_HALVINGS else 0.5


def _shrunk(store: RunStore, multiplier: Array) -> Array:
    """Return the multipliers of the KL step after a refusal, ``(T,)``."""
    least = plan_of(store.task, store.config.method).settings.step_rule.multiplier_min
    return np.maximum(SHRINKING * multiplier, np.minimum(least, multiplier))
