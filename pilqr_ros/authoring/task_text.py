"""The text of a new task file: what a reader may want to change, with what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import yaml

from pilqr_ros.authoring.choices import RATE, SMOOTHING, STEPS, Choices, ChosenHold
from pilqr_ros.trajopt.typing import Array

SCHEMA_FILE = "task.schema.json"
"""Where an editor looks for the schema, beside the task file (`pilqr schema` prints it)."""

TARGET_BODY = "target"
"""The body that shows the target in a scene that is made for a task."""

_TEXT = """\
# yaml-language-server: $schema={schema}
# {site} is brought to a target 2 cm wide. SI units and radians; the frame is the robot's base.
# Every key: docs/task_file.md. Check it with `pilqr check {file}`.
name: {name}
description: {description}

models:                        # MJCF files, here or in models/
  scene: {scene}
  robot: {robot}

control: {{rate: {rate}, steps: {steps}}}    # {rate} Hz, {seconds:g} s

# In the order of the action. torque_limit [N m] is what the model's motor gives, torque_rate_limit
# half of it in a control step. Add velocity_limit [rad/s] from the arm's data sheet.
joints:
{joints}

state:                         # joint blocks hold all joints above
  - {{name: joint_positions,  kind: joint_positions}}
  - {{name: joint_velocities, kind: joint_velocities}}
  - {{name: tip,              kind: point_position, of: {site}}}    # a site of the robot
  - {{name: tip_velocity,     kind: point_velocity, of: {site}}}

# weight * ramp * (0.5 alpha |z|^2 + beta sqrt(gamma + |z|^2)) with z = of - minus. The torque
# penalty, 0.5 sum w u^2, is small against it.
cost:
  terms:
    - {{name: reach, of: tip, minus: target, alpha: 1.0, beta: 1.0, ramp: linear}}
  torque_weights: {torque_weights}

success:                       # |z| at the last step [m]
  of: tip
  minus: target
  within: 0.02

conditions:                    # starts [rad], targets [m]; the tip has {distance:.2f} m to go
  - name: first
    joints: {start}
{bodies}    targets: {{target: {target}}}

# The first policy holds the start, softly; gains and noise follow from the arm's mass matrix there.
# Here (diagonals): stiffness {stiffness} N m/rad, damping
# {damping} N m s/rad, noise {noise} N m.
# As sampled its spectral radius is {radius:.2f}, must be below 1. The noise spreads the tip by
# about {spread:.2g} m; position_spread (0.075) and direction_spread (0.2) beside kind bound it.
initial_policy: {first}
noise_smoothing: {smoothing}           # the noise is filtered over time, sigma in control steps

learning:
  rollouts: 10                 # an iteration and condition
  iterations: 15
"""

_SCENE = """\
<!-- A floor, and a target that everything passes through. The robot is attached at the origin. -->
<mujoco model="{name}">
  <option timestep="0.002" integrator="implicitfast"/>
  <visual>
    <global offwidth="1920" offheight="1080"/>
    <headlight ambient="0.35 0.35 0.37" diffuse="0.4 0.4 0.4"/>
  </visual>
  <statistic center="0 0 {middle:.3g}" extent="{extent:.3g}"/>
  <worldbody>
    <light directional="true" pos="0 -1 3" dir="0.2 0.4 -1"/>
    <camera name="overview" pos="{far:.3g} {back:.3g} {high:.3g}"
      xyaxes="0.78 0.62 0 -0.25 0.31 0.92"/>
    <geom name="floor" type="plane" size="3 3 0.1" pos="0 0 {floor:.3g}" rgba="0.85 0.87 0.9 1"/>
    <body name="{target}" mocap="true">
      <geom type="sphere" size="0.02" rgba="0.2 0.65 0.32 0.7" contype="0" conaffinity="0"/>
    </body>
  </worldbody>
</mujoco>
"""


class Names(NamedTuple):
    """What a new task calls things.

    Attributes:
        name: The task.
        scene: Its scene's file.
        robot: Its robot's file.
        site: The site that is moved.
        joints: Its joints.
        placed: Whether the scene has a body that shows the target.
    """

    name: str
    scene: str
    robot: str
    site: str
    joints: tuple[str, ...]
    placed: bool


def scene_text(name: str, floor: float, size: float) -> str:
    """Return a scene.

    Args:
        name: The task.
        floor: Height of the floor [m].
        size: Of the robot [m].
    """
    return _SCENE.format(
        name=name,
        floor=floor,
        middle=floor + size / 2.0,
        extent=size,
        far=1.5 * size,
        back=-1.9 * size,
        high=floor + 1.3 * size,
        target=TARGET_BODY,
    )


def task_text(names: Names, choices: Choices, efforts: Array) -> str:
    """Return a task file.

    Args:
        names: What it calls things.
        choices: Its numbers.
        efforts: Torque limits, ``(n,)``.
    """
    target = _listed(choices.target)
    bodies = f"    bodies: {{{TARGET_BODY}: {target}}}\n" if names.placed else ""
    return _TEXT.format(
        schema=SCHEMA_FILE,
        file=f"{names.name}.yaml",
        name=names.name,
        scene=_quoted(names.scene),
        robot=_quoted(names.robot),
        site=_quoted(names.site),
        description=_quoted(f"brings {names.site} to a target"),
        rate=RATE,
        steps=STEPS,
        seconds=STEPS / RATE,
        joints=_joints(names.joints, efforts),
        torque_weights=_listed(_torque_weights(choices), 2),
        distance=choices.distance,
        start=_listed(choices.start),
        bodies=bodies,
        target=target,
        first=_first(choices.first),
        radius=choices.first.radius,
        spread=choices.first.spread,
        stiffness=_listed(np.diag(choices.first.hold.stiffness), 3),
        damping=_listed(np.diag(choices.first.hold.damping), 3),
        noise=_listed(choices.first.noise_std, 3),
        smoothing=SMOOTHING,
    )


def _first(first: ChosenHold) -> str:
    """Return the section of the first policy: the defaults, if they serve."""
    changed = "" if first.frequency is None else f", natural_frequency: {first.frequency:.3g}"
    return f"{{kind: hold{changed}}}"


def _joints(names: Sequence[str], efforts: Array) -> str:
    quoted = [_quoted(name) for name in names]
    width = max(len(name) for name in quoted) + 1
    return "\n".join(
        f"  - {{name: {name + ',':{width}} torque_limit: {effort:g},"
        f" torque_rate_limit: {effort / 2.0:g}}}"
        for name, effort in zip(quoted, efforts, strict=True)
    )


def _quoted(name: str) -> str:
    """Return a name as YAML that is read as this text: quoted where it needs to be."""
    return yaml.safe_dump([name], default_flow_style=True, width=1000).strip()[1:-1]


def _torque_weights(choices: Choices) -> Array:
    """Return weights such that usual torques cost a fiftieth of what the distance does."""
    usual = np.maximum(choices.first.torques, np.abs(choices.weight))
    return 0.04 * choices.distance / len(usual) / usual**2


def _listed(values: Array, digits: int = 6) -> str:
    """Return numbers as YAML; those of a thousand and more without exponent."""
    rounded = [float(f"{value:.{digits}g}") + 0.0 for value in values]  # no -0.0
    return "[" + ", ".join(np.format_float_positional(value, trim="0") for value in rounded) + "]"
