"""What can be said of a task before its first rollout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pilqr_ros.authoring.copies import check_copies
from pilqr_ros.authoring.hold import (
    FREQUENCY,
    RATIO,
    choose_gains,
    leading_joint,
    ringing,
    sample,
    spectral_radius,
)
from pilqr_ros.authoring.model_checks import check_motors, check_ranges
from pilqr_ros.authoring.noise_key import noise_key
from pilqr_ros.authoring.obstacle_checks import check_obstacles
from pilqr_ros.authoring.reach import Reach, look_at_reach, success_is_of_the_arm
from pilqr_ros.authoring.starts import ExaminedStart
from pilqr_ros.authoring.target_checks import check_targets
from pilqr_ros.doctor.findings import Finding, fail, ok, skipped, warn
from pilqr_ros.tasks import Task
from pilqr_ros.trajopt.typing import Array

_MAX_RINGING = 0.98
_MAX_WEIGHT = 0.5
"""Largest share of a torque limit that bearing the arm's weight may take without a word."""

_NO_WEIGHT = 1e-3
"""A share of the torque limits that is nothing."""

_MIN_RATE_DEVIATIONS = 2.0
"""A rate limit below so many standard deviations of the noise's change cuts often."""

_SLOW_RAMP = 1.0
"""A torque limit should be reached within this [s] of zero."""

_MAX_SUCCESSFUL = 0.5
"""Share of random poses that are a success: more, and success says nothing."""


def check_starts(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge whether every condition can be placed, and whether the arm is free there."""
    subject = "start: bodies and overlaps"
    outside = [start for start in starts if start.outside]
    refused = [start for start in starts if start.refusal and not start.outside]
    if refused:
        first = refused[0]
        message = f"{len(refused)} of {len(starts)} conditions cannot be placed; "
        advice = "move the body or the joints' start, or take their collision out of the model"
        yield fail(subject, f"{message}{_name(task, first)}: {first.refusal}", advice)
    touching = [start for start in _placed(starts) if start.touching]
    if touching:
        first = touching[0]
        pairs = ", ".join(" and ".join(pair) for pair in first.touching)
        message = f"the arm touches something in {len(touching)} of {len(starts)} conditions; "
        advice = "choose a start that is free, unless the contact is meant"
        yield warn(subject, f"{message}{_name(task, first)}: {pairs}", advice)
    if outside:
        names = ", ".join(_name(task, start) for start in outside[:3])
        yield skipped(
            subject,
            f"{len(outside)} of {len(starts)} starts are outside the joints' bounds ({names})",
        )
    elif not touching and not refused:
        yield ok(
            subject, f"{len(starts)} of {len(starts)} conditions placed, the arm touches nothing"
        )


def check_weight(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge whether the motors can bear the arm's weight at its starts."""
    subject = "gravity: torque at the start"
    shares = [np.abs(start.weight) / task.torque_limits for start in starts]
    start = starts[int(np.argmax([share.max() for share in shares]))]
    joint = int(np.argmax(np.abs(start.weight) / task.torque_limits))
    unit, limit = task.joint_units.effort[joint], task.torque_limits[joint]
    share = abs(start.weight[joint]) / limit
    if share < _NO_WEIGHT:
        yield ok(subject, "none: the weight is borne by the model (gravcomp), or there is none")
        return
    message = f"{task.joints[joint]} needs {start.weight[joint]:.3g} of {limit:g} {unit}"
    advice = (
        'if the arm\'s controller compensates its weight, say so in the model: gravcomp="1" on the'
        " arm's bodies; else raise torque_limit or start nearer to the base"
    )
    if share >= 1.0:
        yield fail(subject, f"{message}: the arm falls whatever the policy does", advice)
    elif share > _MAX_WEIGHT:
        yield warn(subject, f"{message}: little is left to move it", advice)
    else:
        yield ok(subject, f"{message}, {share:.0%}")


def check_hold(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge the sampled hold by its spectral radius, at every start."""
    subject = "hold: spectral radius as sampled"
    worst, radius, swing, joint = starts[0], 0.0, 0.0, 0
    for start in starts:
        stiffness, damping = hold_gains(task, start.condition)
        if not stiffness.any() and not damping.any():
            yield ok(subject, "the first policy is zero torque: there is no hold")
            return
        closed = sample(start.arm, task.dt).closed(stiffness, damping)
        if spectral_radius(closed) > radius:
            worst, joint = start, leading_joint(closed)
            radius, swing = spectral_radius(closed), ringing(closed)
    message = f"{radius:.3f} (condition {_name(task, worst)}), must be below 1"
    if radius >= 1.0:
        yield fail(subject, f"{message}: it swings itself up, {_swings(task, joint)}",
                   _other_gains(task, worst))  # fmt: skip
    elif swing > _MAX_RINGING:
        yield warn(subject, f"{message}: it rings long, {_swings(task, joint)}",
                   _other_gains(task, worst))  # fmt: skip
    else:
        yield ok(subject, message)


def check_noise(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge the first policy's noise against limits of torque and of its change."""
    deviations = np.linalg.norm(task.initial_policy(0).L[0], axis=1)  # of each joint alone
    yield _noise_within(task, deviations)
    yield _noise_followed(task, deviations)


def check_success(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge whether a start is a success already."""
    subject = "success: at the start"
    trained = [start for start in starts if start.condition in trained_conditions(task)]
    if not success_is_of_the_arm(task):  # bodies are not where they should be
        trained = _placed(trained)
    if not trained:
        yield skipped(subject, "no trained condition can be placed")
        return
    done = [start for start in trained if task.success(start.condition, start.x[None]).success]
    if not done:
        yield ok(subject, f"none of the {len(trained)} trained conditions starts with it")
        return
    names = ", ".join(_name(task, start) for start in done[:3])
    message = f"{len(done)} of {len(trained)} trained conditions start with it ({names})"
    advice = "start elsewhere, move the target, or make success stricter"
    if not task.judged_at_end:
        yield fail(subject, f"{message}, and any step counts: every rollout succeeds", advice)
    else:
        yield warn(subject, f"{message}: doing nothing is a success", advice)


def check_reach(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge whether success can be met by the arm, and whether it can be missed."""
    subject = "success: within reach"
    if not success_is_of_the_arm(task):
        yield _within_the_scene(task)
        return
    reaches = look_at_reach(task, trained_conditions(task))
    out = {i: reach for i, reach in reaches.items() if not reach.success}
    if out:
        yield _out_of_reach(task, out, len(reaches))
        return
    index = max(reaches, key=lambda i: reaches[i].share)
    share = reaches[index].share
    message = f"{share:.0%} of random poses are a success (condition {task.conditions[index].name})"
    if share > _MAX_SUCCESSFUL:
        yield fail(subject, f"{message}: it says nothing", "make success stricter")
    else:
        yield ok(subject, f"reached in {len(reaches)} of {len(reaches)} conditions; {message}")


QUICK = (check_starts, check_targets, check_obstacles, check_weight, check_hold, check_noise,
         check_success)  # fmt: skip
"""Checks that take no time: each training begins with them."""

STATIC = (check_starts, check_targets, check_obstacles, check_copies, check_ranges, check_motors,
          check_weight, check_hold, check_noise, check_success, check_reach)  # fmt: skip
"""All checks that need no rollout."""


def trained_conditions(task: Task) -> tuple[int, ...]:
    """Return the indices of conditions that some method trains in."""
    guided = () if task.guided is None else task.guided.conditions
    return tuple(dict.fromkeys((*task.learning.conditions, *guided)))


def hold_gains(task: Task, condition: int) -> tuple[Array, Array]:
    """Return stiffness and damping of the first policy, each ``(dU, dU)``; zero without a hold."""
    K = task.initial_policy(condition).K[0]
    return -K @ _joint_columns(task, "joint_positions"), -K @ _joint_columns(
        task, "joint_velocities"
    )


def _joint_columns(task: Task, kind: str) -> Array:
    """Return how a state changes with the joints through blocks of a kind, ``(dX, dU)``."""
    columns = np.zeros((task.dX, task.dU))
    for block in task.layout.blocks:
        if block.kind == kind:
            for i, axis in enumerate(block.axes):
                if axis in task.joints:
                    columns[block.slice.start + i, task.joints.index(axis)] = 1.0
    return columns


def _placed(starts: Sequence[ExaminedStart]) -> list[ExaminedStart]:
    return [start for start in starts if not start.refusal]


def _name(task: Task, start: ExaminedStart) -> str:
    return task.conditions[start.condition].name


def _swings(task: Task, joint: int) -> str:
    return f"{task.joints[joint]} most"


def _other_gains(task: Task, start: ExaminedStart) -> str:
    """Return gains that are stable, as advice."""
    gains = choose_gains(start.arm, task.dt, FREQUENCY, RATIO)
    stiffness, damping = (", ".join(f"{g:.2g}" for g in values) for values in gains[:2])
    lower = "lower initial_policy.damping first, or leave the numbers of the hold out"
    if task.hold_from_inertia:
        lower = "lower initial_policy.natural_frequency, or give the hold by numbers"
    return (
        f"{lower}; stable as sampled"
        f" ({gains.radius:.2f}): stiffness [{stiffness}], damping [{damping}]"
    )


def _noise_within(task: Task, deviations: Array) -> Finding:
    """Judge the noise against the torque limits."""
    subject = "noise: of the torque limits"
    joint = int(np.argmax(deviations / task.torque_limits))
    limit, unit = task.torque_limits[joint], task.joint_units.effort[joint]
    share = deviations[joint] / limit
    message = f"{task.joints[joint]}: {deviations[joint]:.3g} of {limit:g} {unit}, {share:.0%}"
    advice = f"lower initial_policy.{noise_key(task)}: what a limit cuts off teaches nothing"
    if share > 1.0:
        return fail(subject, message, advice)
    if share > 0.5:
        return warn(subject, message, advice)
    return ok(subject, f"largest {message}")


def _noise_followed(task: Task, deviations: Array) -> Finding:
    """Judge the noise's change in a step, and the way to full torque, by the rate limits."""
    subject = "rate limits"
    rates, units = task.torque_rate_limits, task.joint_units.effort
    changes = deviations * _change_of_noise(task.noise_smoothing)
    joint = int(np.argmin(rates / changes))
    message = (
        f"{task.joints[joint]}: {rates[joint]:g} {units[joint]} a step, the noise changes by"
        f" {changes[joint]:.3g} (one standard deviation)"
    )
    if rates[joint] < _MIN_RATE_DEVIATIONS * changes[joint]:
        advice = (
            f"raise torque_rate_limit, lower {noise_key(task)} or smooth the noise"
            " (noise_smoothing)"
        )
        return warn(subject, f"{message}: often cut", advice)
    ramps = task.torque_limits / rates * task.dt
    slow = int(np.argmax(ramps))
    if ramps[slow] > _SLOW_RAMP:
        problem = f"{task.joints[slow]} takes {ramps[slow]:.3g} s from zero to its torque limit"
        return warn(
            subject, problem, "raise torque_rate_limit, or lower torque_limit to what is used"
        )
    return ok(subject, f"tightest {message}")


def _change_of_noise(smoothing: float) -> float:
    """Return the standard deviation of unit noise's change from one step to the next."""
    correlation = np.exp(-0.25 / smoothing**2) if smoothing > 0.0 else 0.0
    return float(np.sqrt(2.0 * (1.0 - correlation)))


def _within_the_scene(task: Task) -> Finding:
    """Judge the bounds of a success that bodies have part in: the scene must be larger."""
    subject, extent = "success: within reach", float(task.world_model.stat.extent)
    units = task.criterion_units
    for key, criterion in task.criteria.items():
        within = criterion.within
        if within is None or units[key] != "m":
            continue
        if (within if isinstance(within, float) else min(within)) > extent:
            problem = f"{within} m is more than the scene's extent, {extent:.3g} m: it says nothing"
            return fail(subject, problem, f"make {key}.within smaller")
    return ok(subject, f"{_asked(task)}; of bodies, so reach is not looked at")


def _asked(task: Task) -> str:
    """Return the bounds of success in words."""
    units = task.criterion_units
    said = [
        f"{', '.join(one.of)} {one.bound.replace('_', ' ')} {one.value} {units[key]}"
        for key, one in task.criteria.items()
    ]
    return said[0] if len(said) == 1 else f"{task.success_test(0).needed} of: {'; '.join(said)}"


def _out_of_reach(task: Task, out: dict[int, Reach], looked_at: int) -> Finding:
    """Return the finding of conditions whose success the arm cannot meet."""
    index = max(out, key=lambda i: out[i].distance)
    return fail(
        "success: within reach",
        f"out of reach in {len(out)} of {looked_at} conditions; {task.conditions[index].name}: the"
        f" arm comes no nearer than {out[index].distance:.3g} {task.distance_unit}, allowed:"
        f" {_asked(task)}",
        "move the target, or widen success or the joints' position_limits",
    )
