"""What can be said of a task's models alone: the joints' ranges and their motors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pilqr_ros.authoring.starts import ExaminedStart
from pilqr_ros.doctor.findings import Finding, ok, warn
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.degrees import hinge_bounds
from pilqr_ros.tasks.motors import motor_limits

_MAX_ANGLE = 4.0 * np.pi
"""A hinge that turns farther from zero [rad] is rare: degrees are likelier."""

_MIN_RANGE = np.deg2rad(7.0)
"""A hinge that turns less [rad] was likely written in radians and read as degrees."""


def check_ranges(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Judge whether the model's joint ranges are radians: MuJoCo reads degrees unless it is told.

    What a file means by 1.8 rad is read as 1.8 degrees without `compiler angle="radian"`, and what
    it means by 90 degrees as 90 rad with it.
    """
    subject, model = "joints: ranges", task.robot_model
    found = {name: hinge_bounds(model, name, "joints") for name in task.joints}
    ranges = {name: bounds for name, bounds in found.items() if bounds is not None}
    for name, bounds in ranges.items():
        message = f"{name} turns from {bounds[0]:.4g} to {bounds[1]:.4g} rad"
        if np.abs(bounds).max() > _MAX_ANGLE:
            advice = 'take angle="radian" out of its <compiler>, or write the range in radians'
            yield warn(subject, f"{message}: are they degrees in the robot's model?", advice)
            return
        if np.ptp(bounds) < _MIN_RANGE:
            advice = (
                'if they are radians, write <compiler angle="radian"/> into the robot\'s model:'
                " degrees are the default"
            )
            yield warn(subject, f"{message}: next to nothing", advice)
            return
    yield ok(subject, "plausible as radians" if ranges else "no joint turns within a range")


def check_motors(task: Task, starts: Sequence[ExaminedStart]) -> Iterator[Finding]:
    """Tell which share of the model's motors the task's torque limits are; more is no task."""
    ranges = motor_limits(task.joints, task.world_model)
    least = int(np.argmin(ranges / task.torque_limits))
    if not np.isfinite(ranges[least]):
        yield ok("motors: limits", "the model's motors have no range; the torque limits hold alone")
        return
    unit = task.joint_units.effort[least]
    yield ok(
        "motors: limits",
        f"within the model's; nearest: {task.joints[least]}, {task.torque_limits[least]:g} of"
        f" {ranges[least]:g} {unit}",
    )
