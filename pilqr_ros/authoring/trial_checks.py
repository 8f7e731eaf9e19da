"""What the first rollouts of a task tell: does the noise do anything that can be learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from pilqr_ros.authoring.noise_key import noise_key
from pilqr_ros.authoring.trial import Seen, Trial
from pilqr_ros.doctor.findings import Finding, fail, ok, skipped, warn
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.typing import Array

_MAX_SAG = 0.05
"""A point that sinks by more [m] under the hold alone is a start that is not held."""

_MAX_LIMITED = 0.1
"""Share of steps in which torques may be cut or slowed without a word."""

_MIN_SPREAD = 0.005
"""Spread of a point [m] below which noise does next to nothing."""

_MAX_SPREAD = 0.5
"""Spread of a point, as a share of the robot's extent, above which no linear model holds."""

_MOVED = 1e-3
"""A body that noise moves by more [m] was touched."""

_UNCHANGED = 1e-6
"""Relative change of a cost term that is none."""

_DROWNED = 0.01
"""Share of the cost's variation below which a term is drowned."""

_NONE_VALID = "no noisy rollout was valid"
"""Why what rollouts cost is not known."""

_NO_STEP = "the rollout without noise ended at its first step"
"""Why nothing is known of the way that the arm went."""


def check_validity(task: Task, trial: Trial) -> Iterator[Finding]:
    """Judge whether rollouts run to their end."""
    subject = "rollouts: valid"
    reasons = Counter(seen.rollout.reason for seen in trial.noisy if not seen.rollout.valid)
    bad, all_ = sum(reasons.values()), len(trial.noisy)
    advice = f"lower {noise_key(task)}, soften the hold, or widen the limits that are named"
    if not trial.quiet.rollout.valid:
        yield fail(subject, f"without noise: {trial.quiet.rollout.reason}", advice)
    if bad == 0:
        yield ok(subject, f"{all_} of {all_} noisy ones")
        return
    message = f"{all_ - bad} of {all_} noisy ones; {reasons.most_common(1)[0][0]}"
    yield fail(subject, message, advice) if bad > all_ / 2 else warn(subject, message, advice)


def check_limited(task: Task, trial: Trial) -> Iterator[Finding]:
    """Judge how often the guard had to change a torque."""
    steps = sum(seen.rollout.T for seen in trial.noisy)
    counts: Counter[str] = Counter()
    for seen in trial.noisy:
        counts.update(seen.rollout.intervention_counts)
    changed = sum(int(np.count_nonzero(seen.rollout.interventions)) for seen in trial.noisy)
    share = changed / max(steps, 1)
    kinds = ", ".join(f"{kind} {count}" for kind, count in counts.most_common())
    message = f"in {changed} of {steps} steps" + (f" ({kinds})" if kinds else "")
    if share > _MAX_LIMITED:
        advice = (
            f"lower {noise_key(task)} or the hold's gains, or raise the limits: learning sees them"
        )
        yield warn("rollouts: interventions of the guard", message, advice)
    else:
        yield ok("rollouts: interventions of the guard", message)


def check_sag(task: Task, trial: Trial) -> Iterator[Finding]:
    """Judge how far the arm gives way under the first policy without noise."""
    subject, seen = "hold: sag without noise", trial.quiet
    if len(seen.motion.joints) == 0:
        yield skipped(subject, _NO_STEP)
        return
    start = task.conditions[trial.condition].start
    joints = np.abs(seen.motion.joints - start).max(axis=0)
    joint = int(np.argmax(joints))
    unit = task.joint_units.position[joint]
    sunk = np.linalg.norm(seen.motion.points - seen.motion.points[0], axis=-1).max(initial=0.0)
    most, sunk = round(float(joints[joint]), 6), round(float(sunk), 6)
    message = f"{most:.2g} {unit} ({task.joints[joint]}), points {sunk:.2g} m"
    message += f", in {len(seen.motion.joints) * task.dt:g} s"
    if sunk > _MAX_SAG or (not trial.points and joints[joint] > _MAX_SAG):
        advice = (
            "where the hold is unstable, mend that first; else compensate the arm's weight in the"
            ' model (gravcomp="1" on its bodies) as its controller does, or make the hold stiffer'
        )
        yield warn(subject, f"{message}: the first policy does not hold the start", advice)
    else:
        yield ok(subject, message)


def check_spread(task: Task, trial: Trial) -> Iterator[Finding]:
    """Judge how far noise moves each point of the arm, by place and direction."""
    if len(trial.quiet.motion.points) == 0:
        yield skipped("noise: spread of points", _NO_STEP)
        return
    for i, name in enumerate(trial.points):
        pairs = [
            (seen, min(len(seen.motion.points), len(trial.quiet.motion.points)))
            for seen in trial.noisy
        ]
        place = _rms(
            [seen.motion.points[:n, i] - trial.quiet.motion.points[:n, i] for seen, n in pairs]
        )
        turn = _rms(
            [
                _angles(seen.motion.turns[:n, i], trial.quiet.motion.turns[:n, i])
                for seen, n in pairs
            ]
        )
        message = f"{place:.2g} m, direction {turn:.2g} rad (largest over time, rms over rollouts)"
        most = _MAX_SPREAD * task.robot_model.stat.extent
        yield _spread(noise_key(task), name, place, most, message)


def check_bodies(task: Task, trial: Trial) -> Iterator[Finding]:
    """Tell which bodies noise has touched or moved."""
    for i, name in enumerate(trial.bodies):
        touched = sum(name in seen.touched or _moved(seen, trial.quiet, i) for seen in trial.noisy)
        message = f"touched or moved in {touched} of {len(trial.noisy)} noisy rollouts"
        if touched or name not in task.bodies:
            yield ok(f"body {name}", message)
        elif _changing_terms(task, trial):
            terms = ", ".join(_changing_terms(task, trial))
            yield ok(f"body {name}", f"{message}; what must lead there: {terms}")
        else:
            advice = "add a cost term that brings the arm to it, or start nearer"
            yield warn(f"body {name}", f"{message}, and no cost term leads there", advice)


def check_cost(task: Task, trial: Trial) -> Iterator[Finding]:
    """Judge each cost term by its share of the cost and of the cost's variation."""
    totals = _totals(trial)
    if not totals:
        yield skipped("cost", _NONE_VALID)
        return
    varying = {name: float(np.std(values)) for name, values in totals.items()}
    whole, change = sum(float(np.mean(v)) for v in totals.values()), sum(varying.values())
    if not _changing_terms(task, trial):
        advice = "let a cost term depend on what noise moves: a point of the arm, say"
        yield fail("cost", "no term but the torque's changes with the noise", advice)
    for name, values in totals.items():
        mean, share = float(np.mean(values)), varying[name] / change if change > 0.0 else 0.0
        message = (
            f"{mean:.3g}, {mean / whole if whole > 0 else 0:.0%} of the cost; {share:.0%} of what"
            " noise changes"
        )
        if name in task.obstacles:
            yield ok(f"cost: {name}", message if np.any(values) else "no rollout came near")
        else:
            yield _term(name, values, whole, share, message)


def check_outcome(task: Task, trial: Trial) -> Iterator[Finding]:
    """Tell how many noisy rollouts succeed by chance."""
    subject = "success: by noise alone"
    costs = [seen.cost for seen in trial.noisy if seen.cost is not None]
    if not costs:
        yield skipped(subject, _NONE_VALID)
        return
    done = sum(cost.success for cost in costs)
    distance = float(np.mean([cost.distance for cost in costs]))
    message = f"{done} of {len(costs)}; mean {task.distance_label}: {distance:.3g}"
    if done > len(costs) / 2:
        advice = "the task is done before it is learned: make success stricter"
        yield warn(subject, message, advice)
    else:
        yield ok(subject, message)


def check_time(task: Task, trial: Trial) -> Iterator[Finding]:
    """Tell how long rollouts take, and a training of the task file's size."""
    seconds = float(np.median([seen.seconds for seen in (trial.quiet, *trial.noisy)]))
    plan = task.learning
    rollouts = plan.rollouts * plan.iterations * len(plan.conditions)
    message = f"{seconds:.2g} s each, {rollouts} in a training: {rollouts * seconds / 60:.1g} min"
    if seconds > task.T * task.dt:
        advice = "slower than real time: a larger timestep, fewer or simpler geoms"
        yield warn("rollouts: time", message, advice)
    else:
        yield ok("rollouts: time", message)


TRIED: Mapping[Callable[[Task, Trial], Iterator[Finding]], str] = {
    check_validity: "rollouts: valid",
    check_limited: "rollouts: interventions of the guard",
    check_sag: "hold: sag without noise",
    check_spread: "noise: spread of points",
    check_bodies: "bodies",
    check_cost: "cost",
    check_outcome: "success: by noise alone",
    check_time: "rollouts: time",
}
"""All checks of a trial, in the order in which one would mend what they find, and their subjects
where there is none."""


def _rms(deviations: list[Array]) -> float:
    """Return the largest over time of the rms over rollouts of vectors, each ``(t, 3)``."""
    steps = min((len(one) for one in deviations), default=0)
    if steps == 0:
        return 0.0
    squares = [np.sum(one[:steps].reshape(steps, -1) ** 2, axis=1) for one in deviations]
    return float(np.sqrt(np.mean(squares, axis=0)).max())


def _angles(turned: Array, straight: Array) -> Array:
    """Return the angle between orientations ``(t, 3, 3)`` [rad], ``(t,)``."""
    trace = np.einsum("tij,tij->t", turned, straight)
    return np.arccos(np.clip((trace - 1.0) / 2.0, -1.0, 1.0))


def _spread(key: str, name: str, place: float, most: float, message: str) -> Finding:
    subject = f"noise: spread of {name}"
    if place < _MIN_SPREAD:
        advice = f"raise initial_policy.{key}: {0.05 / max(place, 1e-9):.2g} times makes 5 cm"
        return warn(subject, f"{message}: next to nothing", advice)
    if place > most:
        return warn(subject, f"{message}: no linear model holds there", f"lower {key}")
    return ok(subject, message)


def _moved(seen: Seen, quiet: Seen, body: int) -> bool:
    """Tell whether a body went where it did not go without noise."""
    steps = min(len(seen.motion.bodies), len(quiet.motion.bodies))
    away = np.linalg.norm(
        seen.motion.bodies[:steps, body] - quiet.motion.bodies[:steps, body], axis=-1
    )
    return bool(away.max(initial=0.0) > _MOVED)


def _totals(trial: Trial) -> dict[str, Array]:
    """Return each cost term of the valid noisy rollouts, ``(n,)``."""
    costs = [seen.cost.terms for seen in trial.noisy if seen.cost is not None]
    return {
        name: np.array([terms[name] for terms in costs]) for name in (costs[0] if costs else ())
    }


def _changes(values: Array, whole: float) -> bool:
    return bool(np.ptp(values) > _UNCHANGED * max(abs(whole), 1e-12))


def _changing_terms(task: Task, trial: Trial) -> list[str]:
    """Return the cost terms that lead somewhere and that noise changes.

    The torque penalty and obstacles lead nowhere.
    """
    totals = _totals(trial)
    whole = sum(float(np.mean(values)) for values in totals.values())
    leading = [name for name in totals if name != "torque" and name not in task.obstacles]
    return [name for name in leading if _changes(totals[name], whole)]


def _term(name: str, values: Array, whole: float, share: float, message: str) -> Finding:
    """Judge one cost term."""
    subject = f"cost: {name}"
    if name == "torque":
        if share > 0.5:
            advice = "lower cost.torque_weights: doing nothing is what is learned first"
            return warn(subject, f"{message}: it drowns the others", advice)
        return ok(subject, message)
    if np.max(np.abs(values)) <= _UNCHANGED * whole:
        advice = "check its target, weight and active interval; done at the start, it says nothing"
        return warn(subject, f"{message}: it starts at zero and stays there", advice)
    if not _changes(values, whole):
        advice = "no rollout tells how to lower it until another term brings the arm there"
        return warn(subject, f"{message}: noise does not change it", advice)
    if share < _DROWNED:
        return warn(subject, f"{message}: the others drown it", "raise its weight, or lower theirs")
    return ok(subject, message)
